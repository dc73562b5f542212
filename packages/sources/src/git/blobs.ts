import { fail } from '@crpm/core';
import { exitOf, gitComplaint, spawnGit } from './run-git.js';

export interface BlobSink {
  start(): void;
  data(bytes: Buffer): void;
  end(): void;
}

const NEWLINE = 0x0a;

/**
 * The content of objects in the order in which they are asked for, through one `git cat-file --batch`: `<name> blob <size>`, a newline, the
 * bytes, a newline, for each. Raw bytes, in bounded memory.
 */
export async function readBlobs(repository: string, objects: readonly string[], signal: AbortSignal | undefined, sink: BlobSink): Promise<void> {
  if (objects.length === 0) return;
  const child = spawnGit(['cat-file', '--batch'], { cwd: repository, env: { GIT_DIR: repository }, signal }, 'pipe');
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  child.stdin?.on('error', () => {}).end(objects.map((name) => `${name}\n`).join(''));
  const exit = exitOf(child, signal);
  exit.catch(() => {}); // awaited below, unless reading fails first
  const reader = new BatchReader(sink);
  try {
    for await (const chunk of child.stdout ?? []) reader.push(chunk as Buffer);
  } catch (error) {
    child.kill();
    throw error;
  }
  const code = await exit;
  if (code !== 0 || reader.done !== objects.length) {
    fail({
      class: 'environment',
      message: `the git repository ${repository} is damaged: ${complaint === '' ? (reader.problem ?? 'objects are missing') : gitComplaint(complaint)}`,
      next: `Delete ${repository} and run again.`,
    });
  }
}

/** Takes the output of `cat-file --batch` apart, however it is cut. */
class BatchReader {
  /** Objects read to their end. */
  done = 0;
  problem: string | undefined;
  readonly #sink: BlobSink;
  #header = '';
  /** Bytes of content still to come, and one for the newline behind it; `undefined` in a header. */
  #left: number | undefined;

  constructor(sink: BlobSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && this.problem === undefined; ) {
      at = this.#left === undefined ? this.#readHeader(chunk, at) : this.#readContent(chunk, at, this.#left);
    }
  }

  #readHeader(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(NEWLINE, at);
    this.#header += chunk.toString('latin1', at, end === -1 ? undefined : end);
    if (end === -1) return chunk.length;
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(this.#header)?.[1];
    if (size === undefined) this.problem = this.#header;
    else {
      this.#sink.start();
      this.#left = Number(size) + 1;
    }
    this.#header = '';
    return end + 1;
  }

  #readContent(chunk: Buffer, at: number, left: number): number {
    const end = Math.min(chunk.length, at + left);
    const content = Math.min(end, at + left - 1);
    if (content > at) this.#sink.data(chunk.subarray(at, content));
    this.#left = left - (end - at);
    if (this.#left === 0) {
      this.#sink.end();
      this.#left = undefined;
      this.done++;
    }
    return end;
  }
}
