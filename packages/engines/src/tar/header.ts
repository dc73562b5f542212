import { BLOCK } from './read.js';

export interface TarHeader {
  /** Bytes of the name, without a slash at its end. */
  readonly name: Buffer;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Bytes that follow; 0 for folders and links. */
  readonly size: number;
  readonly target?: Buffer;
}

const FLAG = { file: '0', symlink: '2', directory: '5' } as const;

/**
 * The blocks before an entry's content, in GNU's format: it takes names as raw bytes of any length, and every reader knows it
 * (pax promises UTF-8, which file names don't keep).
 */
export function tarHeader(header: TarHeader): Buffer {
  const name = header.type === 'directory' ? Buffer.concat([header.name, Buffer.from('/')]) : header.name;
  const target = header.target ?? Buffer.alloc(0);
  const parts: Buffer[] = [];
  if (name.length > 100) parts.push(...longEntry('L', name));
  if (target.length > 100) parts.push(...longEntry('K', target));
  parts.push(block(name, FLAG[header.type], header.mode, header.mtime, header.size, target));
  return Buffer.concat(parts);
}

/** Zeros that fill the last block of a content of `size` bytes. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Both blocks of zeros: only with them is an archive whole. */
export function endMarker(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

function longEntry(flag: 'L' | 'K', value: Buffer): Buffer[] {
  const data = Buffer.concat([value, Buffer.alloc(1)]);
  return [block(Buffer.from('././@LongLink'), flag, 0o644, 0, data.length, Buffer.alloc(0)), data, padding(data.length)];
}

function block(name: Buffer, flag: string, mode: number, mtime: number, size: number, target: Buffer): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  name.copy(bytes, 0, 0, Math.min(name.length, 100));
  octal(bytes, 100, 8, mode & 0o7777);
  octal(bytes, 108, 8, 0);
  octal(bytes, 116, 8, 0);
  octal(bytes, 124, 12, size);
  octal(bytes, 136, 12, Math.max(0, Math.floor(mtime)));
  bytes.write('        ', 148, 'latin1');
  bytes.write(flag, 156, 'latin1');
  target.copy(bytes, 157, 0, Math.min(target.length, 100));
  bytes.write('ustar  \0', 257, 'latin1');
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** Octal with a NUL at its end, or base-256 where it has no room (files of 8 GiB and more). */
function octal(bytes: Buffer, offset: number, length: number, value: number): void {
  const text = value.toString(8);
  if (text.length < length) {
    bytes.write(`${text.padStart(length - 1, '0')}\0`, offset, 'latin1');
    return;
  }
  let rest = value;
  for (let i = length - 1; i > 0; i--) {
    bytes[offset + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[offset] = 0x80;
}
