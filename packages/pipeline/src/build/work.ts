import type { Command, Exit, Failure, Labels, NodeContext, Work } from '@crpm/core';
import { fail, formatSize } from '@crpm/core';

import { MORE_MEMORY, ofMachine } from './diagnosis/of-machine.js';
import { buildEnvironment } from './reproducible.js';
import { OutputTail } from './telling-lines.js';

export interface WorkPlace {
  readonly image: string;
  readonly arch: string;
  /** bytes */
  readonly memory?: number | undefined;
  /** Name of the build tree to open instead of a fresh folder. */
  readonly tree?: string;
  /** Name of the shared folder that comes along. */
  readonly cache?: string;
}

/** Lends a work folder in an image, and closes it whatever happens. */
export async function withWork<T>(context: NodeContext, place: WorkPlace, use: (work: Work) => Promise<T>): Promise<T> {
  const engine = await context.engine();
  const { memory, ...rest } = place;
  const work = await engine.openWork({ ...rest, labels: labelsOf(context), signal: context.signal, ...(memory === undefined ? {} : { memory }) });
  try {
    return await use(work);
  } finally {
    await work.close();
  }
}

export function labelsOf(context: NodeContext): Labels {
  return { workspace: context.workspace.id, run: context.runId, node: context.node.id };
}

export interface Step extends Pick<Command, 'argv' | 'cwd' | 'env' | 'files' | 'keep' | 'network'> {
  /** Lines that begin so are answers: all of them are returned, none goes to the log. Absent: there are none. */
  readonly answers?: string;
  /** Hears of every line, answers too, at once. */
  readonly hear?: (text: string) => void;
}

export interface Ran {
  readonly exit: Exit;
  readonly output: OutputTail;
  readonly answers: readonly string[];
}

/** Runs one program, its output going to the log, with the environment of a reproducible build. */
export async function runStep(context: NodeContext, work: Work, { answers: mark, hear, ...command }: Step): Promise<Ran> {
  const output = new OutputTail();
  const answers: string[] = [];
  const exit = await work.run({
    ...command,
    env: { ...buildEnvironment(work.root), ...command.env },
    signal: context.signal,
    line: (text) => {
      output.line(text);
      hear?.(text);
      if (mark !== undefined && text.startsWith(mark)) answers.push(text);
      else context.report.line(text);
    },
  });
  return { exit, output, answers };
}

/** {@link runStep}, where any end but 0 is the failure that `why` makes of the output. Lack of memory, disk or network is told as that. Returns the answers. */
export async function mustRun(context: NodeContext, work: Work, step: Step, why: (output: OutputTail, code: number) => Failure | Promise<Failure>): Promise<readonly string[]> {
  const { exit, output, answers } = await runStep(context, work, step);
  if (exit.oom) outOfMemory({ program: step.argv[0] ?? 'a program', output });
  if (exit.code !== 0) fail(ofMachine(output.lines, { online: (step.network ?? 'none') !== 'none' }) ?? (await why(output, exit.code)));
  return answers;
}

export interface KilledProgram {
  readonly program: string;
  /** Bytes that it might take; absent: as many as there are. */
  readonly memory?: number | undefined;
  readonly output: OutputTail;
}

export function outOfMemory({ program, memory, output }: KilledProgram): never {
  fail({
    class: 'oom',
    cause: 'memory',
    message: `${program} was ended for lack of memory; ${memory === undefined ? 'the machine had none left' : `it had ${formatSize(memory)}`}`,
    next: MORE_MEMORY,
    lines: output.telling(),
  });
}

/** The rest of the lines that start with `mark`: how programs answer on a stream that warnings share. */
export function marked(lines: readonly string[], mark: string): readonly string[] {
  return lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
}
