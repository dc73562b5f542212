import { closeSync, openSync, writeSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Config } from '@crpm/core';
import { createReporter, DOCUMENTS, REPORTERS, type Reporter, type ReporterName, type Screen } from '@crpm/reporters';
import { refuse } from './complaints.js';
import { warn, type Io } from './io.js';
import { openTerminal } from './terminal.js';

/** All that `--reporter` knows. */
export const FACES = [...REPORTERS, 'html'] as const;
type FaceName = (typeof FACES)[number];

/** A face that was asked for, and the file it goes to; without one it goes to stdout, `html` among the logs. */
export interface Wanted {
  readonly name: FaceName;
  readonly file?: string;
}

/** `junit=report.xml`, for an option that may be given several times. Commander says what is wrong with one. */
export function parseFace(value: string, before: readonly Wanted[] = []): readonly Wanted[] {
  const [name = '', file] = value.split(/=(.*)/s, 2);
  const known = FACES.find((face) => face === name);
  if (known === undefined) refuse(`--reporter ${value}: there is no ${JSON.stringify(name)}; there are: ${FACES.join(', ')}`);
  if (file === '') refuse(`--reporter ${value}: the file after = is missing`);
  if (known === 'live' && file !== undefined) refuse(`--reporter ${value}: the live view is for a terminal; plain=${file} has the same in lines`);
  return [...before, file === undefined ? { name: known } : { name: known, file }];
}

/** The one that has stdout. What goes to files stands beside the live view, unless that was replaced. */
export function faceOfStdout(wanted: readonly Wanted[]): ReporterName {
  const [first, second] = wanted.flatMap(({ name, file }) => (file === undefined && name !== 'html' ? [name] : []));
  if (first && second && first !== second) refuse(`--reporter ${first} and --reporter ${second} would both write to stdout: send one to a file, as in ${second}=FILE`);
  return first ?? 'live';
}

/** Whether other words may follow on stdout. */
export function isForPeople(face: ReporterName): boolean {
  return face !== 'ndjson' && !DOCUMENTS.has(face);
}

export interface FacesOptions {
  readonly io: Io;
  readonly config: Config;
  /** Absolute folder that files are relative to. */
  readonly cwd: string;
  readonly verbose: boolean;
  /** Is given a line that is to be printed when all else was. */
  readonly last: (line: string) => void;
}

/** Opens all faces of a run as one. A file that can't be written is refused before anything starts. */
export async function openFaces(wanted: readonly Wanted[], { io, config, cwd, verbose, last }: FacesOptions): Promise<Reporter> {
  const stdout = faceOfStdout(wanted);
  const common = { verbose, trees: treesOf(config), checkout: checkoutOf(io.env, config) };
  const face = await createReporter(stdout, { ...common, stream: io.stdout, terminal: openTerminal });
  const others = wanted.filter(({ name, file }) => file !== undefined || name === 'html');
  if (others.length === 0) return face;
  const { severalReporters } = await import('@crpm/reporters');
  return severalReporters([
    face,
    ...(await Promise.all(
      others.map(({ name, file = '' }) => {
        const path = file === '' ? undefined : resolve(cwd, file);
        return name === 'html' ? pageFace(path, { config, io, last }) : fileFace(name, path ?? '', common, io);
      }),
    )),
  ]);
}

async function pageFace(file: string | undefined, options: Pick<FacesOptions, 'config' | 'io' | 'last'>): Promise<Reporter> {
  if (file !== undefined) closeSync(open(file, 'a'));
  const { reportFace } = await import('./report-file.js');
  return reportFace(file, options);
}

type Common = Omit<Parameters<typeof createReporter>[1], 'stream'>;

/** Lines are written as they come; a document is put in place whole, so that nobody reads half of one. */
async function fileFace(name: ReporterName, file: string, common: Common, io: Io): Promise<Reporter> {
  const document = DOCUMENTS.has(name);
  // Opened to be written either way: what can't be is refused now and not after an hour.
  const fd = open(file, document ? 'a' : 'w');
  let text = '';
  let failed: Error | undefined;
  const guarded = (write: () => void) => {
    if (failed) return;
    try {
      write();
    } catch (error) {
      failed = error as Error;
      warn(io, `${file} is not complete: ${failed.message}`);
    }
  };
  const stream: Screen = { write: (more) => (document ? (text += more) : guarded(() => writeSync(fd, more))) };
  const face = await createReporter(name, { ...common, stream, colour: false });
  let closed = false;
  return {
    sink: face.sink,
    close: async () => {
      await face.close();
      if (closed) return;
      closed = true;
      closeSync(fd);
      if (!document) return;
      const { writeFileAtomic } = await import('@crpm/state');
      guarded(() => writeFileAtomic(file, text));
    },
  };
}

function open(file: string, flags: 'a' | 'w'): number {
  try {
    return openSync(file, flags, 0o644);
  } catch (error) {
    return refuse(`--reporter: ${file} can't be written: ${(error as Error).message}`);
  }
}

/** Trees on this machine; what crpm fetched is no file of the user's. */
function treesOf(config: Config): ReadonlyMap<string, string> {
  return new Map(config.packages.flatMap(({ name, dir }) => (dir === undefined ? [] : [[name, dir] as const])));
}

/** Where GitHub checked out the repository that annotations point into. */
function checkoutOf(env: NodeJS.ProcessEnv, config: Config): string {
  const workspace = env['GITHUB_WORKSPACE'];
  return workspace !== undefined && isAbsolute(workspace) ? workspace : config.root;
}
