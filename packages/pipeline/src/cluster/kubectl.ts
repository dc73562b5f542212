import { fail, screenText } from '@crpm/core';
import { stopGroupOnAbort } from '../process-group.js';
import { howItEnded } from '../how-it-ended.js';
import type { Env } from '../serve/cri.js';
import type { ChosenKubectl } from './choose-kubectl.js';

/** What kubectl says of an object is a few KiB; a list of events some more. */
const MAX_OUTPUT = 16 * 1024 * 1024;
/** For one question. A cluster that is only coming up may take its time. */
const ANSWER_MS = 60_000;
const LINES = 20;

/** How one call of kubectl ended. Text is what the cluster sent: it may be anything. */
export interface KubectlAnswer {
  readonly ok: boolean;
  readonly out: string;
  /** What it printed on stderr: the last lines, fit to be shown, without what could be a secret. */
  readonly said: readonly string[];
  /** `ended with exit code 1` */
  readonly how: string;
  /** It printed more than anything sensible does, and was ended. */
  readonly endless: boolean;
}

/** The program that speaks to the cluster. */
export interface Kubectl {
  /** For people. */
  readonly name: string;
  ask(args: readonly string[], options: KubectlOptions): Promise<KubectlAnswer>;
}

export interface KubectlOptions {
  readonly signal: AbortSignal;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/**
 * The chosen kubectl, with the whole environment of the user: plugins that log in to a cluster need it. Its arguments are of crpm's own making, and it runs in a process
 * group of its own: the Ctrl-C that ends a run must not end the calls that clean up.
 */
export function openKubectl({ program, name }: Pick<ChosenKubectl, 'program' | 'name'>, env: Env): Kubectl {
  return {
    name,
    async ask(args, { signal, input, timeoutMs = ANSWER_MS }) {
      signal.throwIfAborted();
      const { execa } = await import('execa');
      const late = AbortSignal.timeout(timeoutMs);
      const child = execa(program, args, {
        env: Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
        extendEnv: false,
        reject: false,
        detached: true,
        maxBuffer: MAX_OUTPUT,
        stripFinalNewline: false,
        ...(input === undefined ? { stdin: 'ignore' } : { input }),
      });
      const stop = stopGroupOnAbort(child.pid, AbortSignal.any([signal, late]));
      const result = await child;
      stop.settled();
      signal.throwIfAborted();
      const how = late.aborted ? `did not end within ${timeoutMs / 1000} s` : result.isMaxBuffer ? 'printed without an end' : howItEnded(result, program);
      return { ok: !result.failed && !late.aborted, out: result.stdout, said: shown(result.stderr), how, endless: result.isMaxBuffer };
    },
  };
}

/** As {@link Kubectl.ask}, where only success will do: what it printed. */
export async function must(kubectl: Kubectl, args: readonly string[], options: KubectlOptions): Promise<string> {
  const answer = await kubectl.ask(args, options);
  return answer.ok ? answer.out : refused(kubectl, args, answer);
}

/** Fails with class `environment`. */
export function refused(kubectl: Kubectl, args: readonly string[], { how, said }: KubectlAnswer): never {
  const last = said.at(-1);
  return fail({
    class: 'environment',
    message: `${kubectl.name} ${args.slice(0, 2).join(' ')} ${how}${last === undefined ? '' : `: ${last}`}`,
    next: `See whether ${kubectl.name} get nodes works; cluster.kubectl and KUBECONFIG say which cluster is meant.`,
    lines: said,
  });
}

/** What follows these words is for nobody's log. */
const SECRET = /\b(bearer|token|password|passwd|secret|client-key-data|client-certificate-data|certificate-authority-data)\b(["']?\s*[:=]?\s*)\S+/gi;

function shown(stderr: string): readonly string[] {
  return stderr.split('\n').map((line) => screenText(line).replace(SECRET, '$1$2…')).filter((line) => line.trim() !== '').slice(-LINES);
}
