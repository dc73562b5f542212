import type { NodeContext, Work } from '@crpm/core';
import { secretFor } from '@crpm/state';

import { marked, runStep, type Ran, type Step } from './work.js';

/**
 * Shell text at the head of a script that runs other people's programs and has something to tell: `answer WORD…`. What its answers begin with is a secret, taken out of
 * the environment at once: no line that a build prints is taken for an answer, and none is lost for looking like one.
 */
export const ANSWERS = `
mark=$CRPM_ANSWER
unset CRPM_ANSWER
answer() { printf '%s%s\\n' "$mark" "$*"; }
`;

export interface AnsweringStep extends Omit<Step, 'answers' | 'hear'> {
  /** Hears of every line of the programs at once. */
  readonly hear?: (line: string) => void;
  /** Hears of every answer at once. */
  readonly answered?: (answer: string) => void;
}

/**
 * Runs a script that begins with {@link ANSWERS}. Its answers are without their mark. The mark follows from a secret of the workspace, so that a run which takes up what an
 * earlier one began knows it.
 */
export async function runAnswering(context: NodeContext, work: Work, { hear, answered, env, ...step }: AnsweringStep): Promise<Ran> {
  const digest = secretFor(context.workspace, JSON.stringify([context.node.id, step.argv]));
  const mark = `crpm-${digest.slice(0, 16)} `;
  const ran = await runStep(context, work, {
    ...step,
    env: { ...env, CRPM_ANSWER: mark },
    answers: mark,
    hear: (text) => { if (text.startsWith(mark)) answered?.(text.slice(mark.length)); else hear?.(text); },
  });
  return { ...ran, answers: marked(ran.answers, mark) };
}
