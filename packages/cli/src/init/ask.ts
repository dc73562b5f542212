import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { resolvePath } from '@crpm/config';
import { ComplaintsError } from '../complaints.js';
import { tell } from '../io.js';
import { ENGINES, readBaseSystem, whatHostMakes, withoutAsking, type BaseSystem, type NoEngine } from './base-system.js';
import { lacking, type FoundTree, type Surroundings } from './surroundings.js';

export interface Answers {
  readonly trees: readonly FoundTree[];
  readonly basesystem: BaseSystem;
}

/** Asks for what could not be seen, or can't be built here, and for nothing else. */
export async function askForRest({ trees, stream }: Surroundings, lacks: NoEngine | undefined, cwd: string, signal: AbortSignal): Promise<Answers> {
  const needsTrees = trees.length === 0;
  if (!needsTrees && stream && !lacks) return { trees, basesystem: withoutAsking(stream) };
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
    return { trees: found, basesystem: stream && !lacks ? withoutAsking(stream) : await askBaseSystem(ask, stream, lacks) };
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

async function askBaseSystem(ask: Ask, stream: Surroundings['stream'], lacks: NoEngine | undefined): Promise<BaseSystem> {
  if (lacks) tell(process.stdout, `No container engine answers (${ENGINES}), and CentOS Stream is built in one: start one before crpm run; crpm doctor says how. ${whatHostMakes(lacks)}`);
  for (;;) {
    const answer = await ask(`Built for CentOS Stream 9 or 10, or for host [${String(stream?.number ?? 9)}]: `);
    const read = answer === '' ? withoutAsking(stream) : readBaseSystem(answer, stream?.number);
    if (read) return read;
    tell(process.stdout, `${JSON.stringify(answer)} is none of 9, 10 and host.`);
  }
}
