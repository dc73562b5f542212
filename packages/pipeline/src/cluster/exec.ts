import { randomBytes } from 'node:crypto';
import { fail } from '@crpm/core';
import { refused, type Kubectl, type KubectlAnswer } from './kubectl.js';

/** A container of a pod. */
export interface Container {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** What a program in a container printed and how it ended, both whole. */
export interface Executed {
  readonly code: number;
  readonly out: string;
  readonly said: readonly string[];
}

/** Times that a call is made whose answer came cut. */
const TRIES = 3;
/** Runs its arguments and says at the very end that this is the end, and the exit code. A stream that closed says neither. */
const WRAP = '"$@"; printf "\\n%s %d\\n" "$0" "$?"';

/**
 * Runs a program in a container. That the stream from there closed proves nothing: an answer counts only with the mark that was made up for this call at its end, and an
 * answer without it is asked for again. Fails with class `environment` if none comes whole.
 */
export async function execIn(kubectl: Kubectl, at: Container, argv: readonly string[], signal: AbortSignal): Promise<Executed> {
  let answer: KubectlAnswer | undefined;
  for (let tried = 0; tried < TRIES; tried++) {
    const mark = `end-${randomBytes(12).toString('hex')}`;
    answer = await kubectl.ask(['exec', '--namespace', at.namespace, at.pod, '--container', at.container, '--', 'sh', '-c', WRAP, mark, ...argv], { signal });
    const whole = endedBy(answer.out, mark);
    if (whole) return { ...whole, said: answer.said };
    if (answer.endless) break;
  }
  if (answer && !answer.ok) refused(kubectl, ['exec', at.pod], answer);
  return fail({ class: 'environment', message: `what ${argv[0] ?? ''} printed in the container ${at.container} of ${at.pod} came cut, ${TRIES} times`, next: 'The connection to the cluster is bad; run again.' });
}

/** What stands before the mark, if it is the last thing that was printed. */
export function endedBy(out: string, mark: string): Pick<Executed, 'code' | 'out'> | undefined {
  const end = new RegExp(`\\n${mark} (\\d{1,3})\\n$`).exec(out);
  return end ? { code: Number(end[1]), out: out.slice(0, end.index) } : undefined;
}
