import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readChunks, type ChunkEntry, type LogCatalogue } from '@crpm/report';

interface Indexed extends ChunkEntry {
  readonly offset: number;
  readonly bytes: number;
}

/** Where the lines of a log that may still grow are; what was looked at once is not read again. */
export class LogIndex {
  readonly #path: string;
  #chunks: Indexed[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** As the file is now; nothing if it is not there. */
  catalogue(): LogCatalogue | undefined {
    if (!this.#withFile((fd) => { this.#read(fd); })) return undefined;
    const last = this.#chunks.at(-1);
    return {
      path: this.#path,
      bytes: last ? last.offset + last.bytes : 0,
      lines: last ? last.firstLine + last.lines : 0,
      chunks: this.#chunks.map(({ firstLine, lines }) => ({ firstLine, lines })),
    };
  }

  /** The bytes of a chunk that the catalogue has. */
  chunk(number: number): Buffer | undefined {
    const chunk = this.#chunks[number];
    if (!chunk) return undefined;
    const bytes = Buffer.alloc(chunk.bytes);
    return this.#withFile((fd) => readSync(fd, bytes, 0, bytes.length, chunk.offset)) ? bytes : undefined;
  }

  /** The last chunk may be longer by now; those before it are as they were. */
  #read(fd: number): void {
    const { size } = fstatSync(fd);
    const last = this.#chunks.at(-1);
    if (last && size === last.offset + last.bytes) return;
    if (last && size < last.offset + last.bytes) this.#chunks = [];
    const again = this.#chunks.pop();
    let firstLine = again?.firstLine ?? 0;
    for (const { offset, bytes, lines } of readChunks(fd, again?.offset ?? 0)) {
      this.#chunks.push({ offset, bytes: bytes.length, firstLine, lines });
      firstLine += lines;
    }
  }

  #withFile(use: (fd: number) => void): boolean {
    let fd: number;
    try {
      fd = openSync(this.#path, 'r');
    } catch {
      return false;
    }
    try {
      use(fd);
      return true;
    } finally {
      closeSync(fd);
    }
  }
}
