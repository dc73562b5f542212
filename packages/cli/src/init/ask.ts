import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { resolvePath } from '@crpm/config';
import { ComplaintsError } from '../complaints.js';
import { tell } from '../io.js';
import { lacking, type FoundTree, type Surroundings } from './surroundings.js';

export interface Answers {
  readonly trees: readonly FoundTree[];
  readonly stream: { readonly number: 9 | 10; readonly from?: string };
}

/** Asks for what could not be seen, and for nothing else. */
export async function askForRest({ trees, stream }: Surroundings, cwd: string, signal: AbortSignal): Promise<Answers> {
  const needsTrees = trees.length === 0;
  if (!needsTrees && stream) return { trees, stream };
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new AbortController();
  // The terminal is in raw mode meanwhile: Ctrl-C is a key, Ctrl-D an end.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  terminal.on('close', () => ended.abort(new ComplaintsError([{ severity: 'error', message: 'nothing was written: the answers ended' }])));
  const either = AbortSignal.any([signal, ended.signal]);
  const ask = async (question: string) => {
    try {
      return (await terminal.question(question, { signal: either })).trim();
    } catch (error) {
      throw either.aborted ? either.reason : error;
    }
  };
  try {
    const found = needsTrees ? [...(await askTree(ask, 'qemu', 'QEMU', cwd)), ...(await askTree(ask, 'libvirt', 'libvirt', cwd))] : trees;
    return { trees: found, stream: stream ?? { number: await askStream(ask) } };
  } finally {
    terminal.close();
  }
}

type Ask = (question: string) => Promise<string>;

async function askTree(ask: Ask, name: string, title: string, cwd: string): Promise<readonly FoundTree[]> {
  for (;;) {
    const answer = await ask(`Folder of your ${title} tree (empty: none): `);
    if (answer === '') return [];
    const dir = resolvePath(cwd, answer, process.env);
    const lacks = lacking(name, dir);
    if (lacks.length === 0) return [{ name, dir }];
    tell(process.stdout, existsSync(dir) ? `${dir} is no ${title} tree: it has no ${lacks.join(' and no ')}.` : `There is no ${dir}.`);
  }
}

async function askStream(ask: Ask): Promise<9 | 10> {
  for (;;) {
    const answer = await ask('CentOS Stream that it is built for, 9 or 10 [9]: ');
    if (answer === '' || answer === '9') return 9;
    if (answer === '10') return 10;
    tell(process.stdout, `${JSON.stringify(answer)} is neither 9 nor 10.`);
  }
}
