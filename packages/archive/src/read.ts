import { FailureError } from '@crpm/core';
import { printable, type BytePath } from './byte-path.js';
import { ByteReader } from './byte-reader.js';
import { BLOCK, paddingOf } from './header.js';

/** Long names and pax records are held in memory; nothing honest comes near this. */
const MAX_METADATA = 1024 * 1024;

export type TarType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';

/** One entry. Names are the bytes of the archive, so that no file name is ever changed. */
export interface TarEntry {
  readonly name: BytePath;
  readonly type: TarType;
  /** The type flag as it stands in the header, for messages about `other`. */
  readonly flag: string;
  /** Permission bits, 0–0o7777. */
  readonly mode: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Bytes of content. */
  readonly size: number;
  /** Of a link. */
  readonly target: BytePath;
  /** The content; what is not read is skipped when the next entry is asked for. */
  readonly content: AsyncIterable<Buffer>;
}

/**
 * Reads a tar stream (ustar, GNU long names, pax; base-256 sizes). Unlike the common libraries it demands both zero blocks at the
 * end, for a stream cut on an entry boundary is otherwise a well-formed, shorter archive; and it keeps names as bytes.
 * @throws FailureError of class `environment` when the stream is cut or damaged.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new ByteReader(source);
  let pax: ReadonlyMap<string, string> = new Map();
  let longName: string | undefined;
  let longTarget: string | undefined;
  for (;;) {
    const header = await reader.exactly(BLOCK);
    if (!header) throw cut('without its end marker');
    if (isZero(header)) {
      const second = await reader.exactly(BLOCK);
      if (!second) throw cut('inside its end marker');
      if (!isZero(second)) throw damaged('data follows a block of zeros');
      break;
    }
    checkSum(header);
    const flag = String.fromCharCode(header[156]!);
    const size = pax.has('size') ? Number(pax.get('size')) : numeric(header, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0) throw damaged('an entry has an impossible size');
    if ('xgLK'.includes(flag)) {
      if (size > MAX_METADATA) throw damaged('an extended header is too large');
      const data = await reader.exactly(size);
      if (!data || !(await reader.exactly(paddingOf(size)))) throw cut('inside an extended header');
      if (flag === 'x') pax = parsePax(data);
      else if (flag === 'L') longName = cString(data, 0, data.length);
      else if (flag === 'K') longTarget = cString(data, 0, data.length);
      continue;
    }
    const name = pax.get('path') ?? longName ?? headerName(header);
    const hasContent = flag === '0' || flag === '\0' || flag === '7';
    const content = reader.window(size, size + paddingOf(size), () => cut(`inside ${printable(name)}`));
    yield {
      name,
      type: typeOf(flag, name),
      flag,
      mode: numeric(header, 100, 8) & 0o7777,
      mtime: pax.has('mtime') ? Number(pax.get('mtime')) : numeric(header, 136, 12),
      size: hasContent ? size : 0,
      target: pax.get('linkpath') ?? longTarget ?? cString(header, 157, 100),
      content,
    };
    await content.skip();
    pax = new Map();
    longName = longTarget = undefined;
  }
  // Padding to the record size is zeros; anything else is a second archive or garbage.
  for (;;) {
    const block = await reader.some();
    if (!block) return;
    if (!isZero(block)) throw damaged('data follows its end marker');
  }
}

function damaged(what: string, transient = false): FailureError {
  return new FailureError({
    class: 'environment',
    message: `the archive from the engine is damaged: ${what}`,
    next: 'Run again; if it happens again, look at the engine’s own log and its free disk space.',
    ...(transient ? { transient } : {}),
  });
}

/** As when the connection broke, which may not happen again. */
function cut(where: string): FailureError {
  return damaged(`it ends ${where}`, true);
}

function typeOf(flag: string, name: string): TarType {
  switch (flag) {
    case '0':
    case '\0':
    case '7':
      // Before ustar a folder was a file with a slash at its end.
      return name.endsWith('/') ? 'directory' : 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '5':
      return 'directory';
    default:
      return 'other';
  }
}

function headerName(header: Buffer): string {
  const name = cString(header, 0, 100);
  // GNU's own format uses the place of ustar's prefix for other things.
  const ustar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = ustar ? cString(header, 345, 155) : '';
  return prefix ? `${prefix}/${name}` : name;
}

function cString(bytes: Buffer, offset: number, length: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('latin1', offset, end === -1 || end > offset + length ? offset + length : end);
}

/** Octal text, or base-256 when the top bit of the first byte is set. */
function numeric(header: Buffer, offset: number, length: number): number {
  const first = header[offset]!;
  if (first & 0x80) {
    let value = first === 0xff ? -1 : first & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + header[offset + i]!;
    return value;
  }
  const text = cString(header, offset, length).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw damaged('a header holds a number that is none');
  return parseInt(text, 8);
}

function checkSum(header: Buffer): void {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : header[i]!;
  if (sum !== numeric(header, 148, 8)) throw damaged('a header has a wrong checksum');
}

/** `LENGTH KEY=VALUE\n` records; values stay bytes. */
function parsePax(data: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  let offset = 0;
  while (offset < data.length) {
    const space = data.indexOf(0x20, offset);
    const length = space === -1 ? NaN : Number(data.toString('latin1', offset, space));
    const equals = data.indexOf(0x3d, space);
    const end = offset + length;
    if (!Number.isSafeInteger(length) || equals === -1 || equals >= end || end > data.length || data[end - 1] !== 0x0a) throw damaged('a pax header is malformed');
    records.set(data.toString('latin1', space + 1, equals), data.toString('latin1', equals + 1, end - 1));
    offset = end;
  }
  return records;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
