import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fail } from '@crpm/core';
import { endMarker, padding, tarHeader } from './header.js';
import { printable } from './read.js';

/** A small file, folder or link to send into an engine. */
export type PackEntry = {
  /** Relative, with `/`; folders above it need no entry of their own where the receiver makes them (Docker and `host` do). */
  readonly path: string;
  /** Default 0o644, folders 0o755. */
  readonly mode?: number;
  /** Seconds since the epoch; default now. */
  readonly mtime?: number;
} & (
  | { readonly type?: 'file'; readonly content: string | Uint8Array }
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: string }
);

/** A tar stream of a few entries held in memory. */
export function packFiles(entries: Iterable<PackEntry>): Readable {
  return Readable.from(packed(entries), { objectMode: false });
}

function* packed(entries: Iterable<PackEntry>): Generator<Buffer> {
  const now = Math.floor(Date.now() / 1000);
  for (const entry of entries) {
    const name = Buffer.from(entry.path);
    const mtime = entry.mtime ?? now;
    if (entry.type === 'directory') yield tarHeader({ name, type: 'directory', mode: entry.mode ?? 0o755, mtime, size: 0 });
    else if (entry.type === 'symlink') yield tarHeader({ name, type: 'symlink', mode: 0o777, mtime, size: 0, target: Buffer.from(entry.target) });
    else {
      const content = Buffer.from(entry.content);
      yield tarHeader({ name, type: 'file', mode: entry.mode ?? 0o644, mtime, size: content.length });
      if (content.length > 0) yield content;
      yield padding(content.length);
    }
  }
  yield endMarker();
}

const CHUNK = 256 * 1024;

/**
 * A tar stream of a folder or file on this machine, names byte-exact, links as links; sockets, FIFOs and devices are left out.
 * `accept` gets the path relative to `path` as latin1 bytes; a folder it turns down is not entered.
 */
export function packPath(path: Buffer, name: string, accept: (relative: string, directory: boolean) => boolean = () => true): Readable {
  async function* entries(): AsyncGenerator<Buffer> {
    yield* packOne(path, Buffer.from(name, 'latin1'), '', accept);
    yield endMarker();
  }
  return Readable.from(entries(), { objectMode: false });
}

async function* packOne(path: Buffer, name: Buffer, relative: string, accept: (relative: string, directory: boolean) => boolean): AsyncGenerator<Buffer> {
  const stat = lstatSync(path);
  const common = { name, mode: stat.mode & 0o7777, mtime: stat.mtimeMs / 1000 };
  if (stat.isSymbolicLink()) {
    yield tarHeader({ ...common, type: 'symlink', size: 0, target: readlinkSync(path, 'buffer') });
  } else if (stat.isDirectory()) {
    if (name.length > 0) yield tarHeader({ ...common, type: 'directory', size: 0 });
    // Byte order, so that the same folder always gives the same archive.
    const children = readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare);
    for (const child of children) {
      const below = relative === '' ? child.toString('latin1') : `${relative}/${child.toString('latin1')}`;
      const childPath = Buffer.concat([path, Buffer.from('/'), child]);
      const directory = lstatSync(childPath).isDirectory();
      if (!accept(below, directory)) continue;
      yield* packOne(childPath, name.length > 0 ? Buffer.concat([name, Buffer.from('/'), child]) : child, below, accept);
    }
  } else if (stat.isFile()) {
    yield tarHeader({ ...common, type: 'file', size: stat.size });
    yield* content(path, stat.size);
    yield padding(stat.size);
  }
}

/** Exactly `size` bytes: the header has promised them. */
async function* content(path: Buffer, size: number): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    let left = size;
    while (left > 0) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(CHUNK, left)));
      if (bytesRead === 0) fail({ class: 'source', message: `changed while reading: ${printable(path.toString('latin1'))}`, next: 'Run again when nothing writes there.' });
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
