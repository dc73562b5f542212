import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fail } from '@crpm/core';
import { bytesOf, fsPath, printable, type BytePath } from './byte-path.js';
import { encodeHeader, END_OF_ARCHIVE, paddingOf } from './header.js';

/** A small file, folder or link to send into an engine. */
export type PackEntry = {
  /** Relative, with `/`; folders above it need no entry of their own where the receiver makes them (Docker and `host` do). */
  readonly path: string;
  /** Default 0o644, folders 0o755. */
  readonly mode?: number;
  /** Seconds since the epoch; default now, whole. */
  readonly mtime?: number;
} & (
  | { readonly type?: 'file'; readonly content: string | Uint8Array }
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: string }
);

/** A tar stream of a few entries held in memory; their paths and targets are text. */
export function packFiles(entries: Iterable<PackEntry>): Readable {
  return Readable.from(packed(entries), { objectMode: false });
}

function* packed(entries: Iterable<PackEntry>): Generator<Buffer> {
  const now = Math.floor(Date.now() / 1000);
  for (const entry of entries) {
    const common = { path: bytesOf(entry.path), mtime: entry.mtime ?? now };
    if (entry.type === 'directory') yield encodeHeader({ ...common, type: 'directory', mode: entry.mode ?? 0o755, size: 0 });
    else if (entry.type === 'symlink') yield encodeHeader({ ...common, type: 'symlink', mode: 0o777, size: 0, target: bytesOf(entry.target) });
    else {
      const content = Buffer.from(entry.content);
      yield encodeHeader({ ...common, type: 'file', mode: entry.mode ?? 0o644, size: content.length });
      if (content.length > 0) yield content;
      yield Buffer.alloc(paddingOf(content.length));
    }
  }
  yield END_OF_ARCHIVE;
}

const CHUNK = 256 * 1024;

/** Says of a path below the packed folder whether it comes along; a folder it turns down is not entered. */
type Accept = (relative: BytePath, directory: boolean) => boolean;

/**
 * A tar stream of a folder or file on this machine under the name `name`, or of a folder's content when that is empty. Names are byte-exact, links stay links;
 * sockets, FIFOs and devices are left out.
 */
export function packPath(path: Buffer, name: BytePath, accept: Accept = () => true): Readable {
  async function* entries(): AsyncGenerator<Buffer> {
    yield* packOne(path.toString('latin1'), name, '', accept);
    yield END_OF_ARCHIVE;
  }
  return Readable.from(entries(), { objectMode: false });
}

async function* packOne(path: BytePath, name: BytePath, relative: BytePath, accept: Accept): AsyncGenerator<Buffer> {
  const stat = lstatSync(fsPath(path));
  const common = { path: name, mode: stat.mode & 0o7777, mtime: Math.max(0, Math.floor(stat.mtimeMs / 1000)) };
  if (stat.isSymbolicLink()) {
    yield encodeHeader({ ...common, type: 'symlink', size: 0, target: readlinkSync(fsPath(path), 'latin1') });
  } else if (stat.isDirectory()) {
    if (name !== '') yield encodeHeader({ ...common, type: 'directory', size: 0 });
    // Byte order, so that the same folder always gives the same archive.
    for (const child of readdirSync(fsPath(path), 'latin1').sort()) {
      const below = under(relative, child);
      const childPath = `${path}/${child}`;
      if (!accept(below, lstatSync(fsPath(childPath)).isDirectory())) continue;
      yield* packOne(childPath, under(name, child), below, accept);
    }
  } else if (stat.isFile()) {
    yield encodeHeader({ ...common, type: 'file', size: stat.size });
    yield* content(path, stat.size);
    yield Buffer.alloc(paddingOf(stat.size));
  }
}

function under(folder: BytePath, child: BytePath): BytePath {
  return folder === '' ? child : `${folder}/${child}`;
}

/** Exactly `size` bytes: the header has promised them. */
async function* content(path: BytePath, size: number): AsyncGenerator<Buffer> {
  const file = await open(fsPath(path), 'r');
  try {
    let left = size;
    while (left > 0) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(CHUNK, left)));
      if (bytesRead === 0) fail({ class: 'source', message: `changed while reading: ${printable(path)}`, next: 'Run again when nothing writes there.' });
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
