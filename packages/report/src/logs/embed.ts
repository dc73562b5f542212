import { closeSync, fstatSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { allot } from './allot.js';
import { chunkElementId, type ChunkEntry, type LogCatalogue } from './catalogue.js';
import { readChunks, type Chunk } from './chunks.js';

/** Of all logs together, in bytes as they are on the disk; compressed, logs of builds are a tenth of that. */
export const EMBEDDED = 256 * 1024 * 1024;

const compress = promisify(gzip);

export interface LogFile {
  readonly node: string;
  /** Absolute path. */
  readonly path: string;
}

/**
 * Writes logs into a page, each chunk compressed in an element of its own, and resolves to what the page must know of them, by node. Where they are more than
 * `total`, the middle of the longest is left out. A log that is not there any more is not in the answer. Memory is bounded by a few chunks.
 */
export async function embedLogs(logs: readonly LogFile[], write: (text: string) => void, total = EMBEDDED): Promise<ReadonlyMap<string, LogCatalogue>> {
  const opened = logs.flatMap((log, index) => {
    const fd = openIfThere(log.path);
    return fd === undefined ? [] : [{ ...log, index, fd, size: fstatSync(fd).size }];
  });
  try {
    const rooms = allot(opened.map(({ size }) => size), total);
    const catalogues = new Map<string, LogCatalogue>();
    for (const [number, { node, path, index, fd, size }] of opened.entries()) {
      catalogues.set(node, { path, ...(await embedLog(fd, { index, size, room: rooms[number] ?? 0 }, write)) });
    }
    return catalogues;
  } finally {
    for (const { fd } of opened) closeSync(fd);
  }
}

async function embedLog(fd: number, { index, size, room }: { readonly index: number; readonly size: number; readonly room: number }, write: (text: string) => void): Promise<Omit<LogCatalogue, 'path'>> {
  const chunks: ChunkEntry[] = [];
  // Half of the room for each end: how it began and how it ended tell most.
  const [head, tail] = room >= size ? [size, 0] : [room / 2, size - room / 2];
  let line = 0;
  let bytes = 0;
  for (const chunk of readChunks(fd)) {
    bytes += chunk.bytes.length;
    if (chunk.offset < head || chunk.offset + chunk.bytes.length > tail) {
      chunks.push({ firstLine: line, lines: chunk.lines });
      write(await chunkElement(chunkElementId(index, chunks.length - 1), chunk));
    } else {
      leaveOut(chunks, line, chunk);
    }
    line += chunk.lines;
  }
  return { bytes, lines: line, chunks };
}

function leaveOut(chunks: ChunkEntry[], firstLine: number, { bytes, lines }: Chunk): void {
  const before = chunks.at(-1);
  if (before?.leftOut === undefined) chunks.push({ firstLine, lines, leftOut: bytes.length });
  else chunks[chunks.length - 1] = { firstLine: before.firstLine, lines: before.lines + lines, leftOut: before.leftOut + bytes.length };
}

/** Base64 has no character that could end the element. */
async function chunkElement(id: string, { bytes }: Chunk): Promise<string> {
  return `<script type="text/plain" id="${id}">${(await compress(bytes)).toString('base64')}</script>\n`;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
