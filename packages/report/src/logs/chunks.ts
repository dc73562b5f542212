import { readSync } from 'node:fs';

/** A piece of a log that begins and ends with a line. */
export interface Chunk {
  /** Where it begins, in bytes. */
  readonly offset: number;
  readonly bytes: Buffer;
  readonly lines: number;
}

/** About how long a chunk is, in bytes. */
export const CHUNK = 1024 * 1024;
/** A line longer than this is cut in two. */
const LONGEST = 4 * CHUNK;
const NEWLINE = 10;

/** A file from `offset` on, where a chunk begins, in chunks; the last one may end without a newline. Each begins where it always will, however much is written behind it. */
export function* readChunks(fd: number, offset = 0): Generator<Chunk, void, undefined> {
  let length = CHUNK;
  for (let at = offset; ; ) {
    const buffer = Buffer.allocUnsafe(length);
    const read = readSync(fd, buffer, 0, length, at);
    if (read === 0) return;
    const bytes = buffer.subarray(0, read);
    const end = read < length ? read : endOfChunk(bytes);
    length = end === 0 ? length * 2 : CHUNK;
    if (end === 0) continue;
    yield { offset: at, bytes: bytes.subarray(0, end), lines: countLines(bytes, end) };
    at += end;
  }
}

/** Behind the last newline; 0 where there is none yet. */
function endOfChunk(bytes: Buffer): number {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  if (end > 0 || bytes.length < LONGEST) return end;
  // Not within a character.
  let cut = bytes.length;
  while (cut > bytes.length - 4 && ((bytes[cut - 1] ?? 0) & 0xc0) === 0x80) cut--;
  return ((bytes[cut - 1] ?? 0) & 0xc0) === 0xc0 ? cut - 1 : bytes.length;
}

function countLines(bytes: Buffer, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return bytes[end - 1] === NEWLINE ? lines : lines + 1;
}
