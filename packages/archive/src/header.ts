import type { BytePath } from './byte-path.js';

/**
 * Headers of a GNU tar archive. Written here and not by tar-stream, which takes names for text and encodes them as UTF-8: a name that
 * is no valid UTF-8 would arrive as another one. Long names go into GNU's own `L` and `K` records, which hold raw bytes; readers convert
 * the names of pax records to their locale.
 */
export interface TarHeader {
  readonly type: 'file' | 'directory' | 'symlink';
  /** without a slash at its end */
  readonly path: BytePath;
  /** permission bits, 0–0o7777 */
  readonly mode: number;
  /** bytes of content that follow; 0 for all but files */
  readonly size: number;
  /** seconds since the epoch, none before it; kept to the microsecond */
  readonly mtime: number;
  readonly target?: BytePath;
}

/** Size of a block in bytes: headers take one, contents are filled up to whole ones. */
export const BLOCK = 512;
/** Two blocks of zeros: an archive without them was cut. */
export const END_OF_ARCHIVE = Buffer.alloc(2 * BLOCK);

const NAME_FIELD = 100;
const LONG_LINK = '././@LongLink';
const TYPE_FLAGS = { file: '0', symlink: '2', directory: '5' } as const;

/** The header block of an entry, with the records for a long name or target before it. */
export function encodeHeader(header: TarHeader): Buffer {
  const path = header.type === 'directory' ? `${header.path}/` : header.path;
  const target = header.target ?? '';
  const blocks: Buffer[] = [];
  // The field holds whole seconds; a pax record says more, and readers of both formats take the two together.
  if (!Number.isInteger(header.mtime)) blocks.push(record('x', './PaxHeaders/crpm', paxRecord('mtime', header.mtime.toFixed(6))));
  if (target.length > NAME_FIELD) blocks.push(record('K', LONG_LINK, `${target}\0`));
  if (path.length > NAME_FIELD) blocks.push(record('L', LONG_LINK, `${path}\0`));
  blocks.push(block(TYPE_FLAGS[header.type], path, target, header));
  return Buffer.concat(blocks);
}

/** How many zero bytes fill the content of an entry up to a whole block. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** An entry that says something about the one after it. */
function record(flag: 'K' | 'L' | 'x', name: string, text: BytePath): Buffer {
  const content = Buffer.alloc(text.length + paddingOf(text.length));
  content.write(text, 'latin1');
  return Buffer.concat([block(flag, name, '', { mode: 0, size: text.length, mtime: 0 }), content]);
}

/** `LENGTH KEY=VALUE\n`; the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const digits = String(rest.length + 2).length;
  return `${rest.length + digits}${rest}`;
}

function block(flag: string, path: BytePath, target: BytePath, meta: { mode: number; size: number; mtime: number }): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  bytes.write(path.slice(0, NAME_FIELD), 0, 'latin1');
  number(bytes, 100, 8, meta.mode);
  number(bytes, 108, 8, 0); // uid
  number(bytes, 116, 8, 0); // gid
  number(bytes, 124, 12, meta.size);
  number(bytes, 136, 12, Math.floor(meta.mtime));
  bytes.fill(0x20, 148, 156); // the checksum counts its own field as spaces
  bytes.write(flag, 156, 'latin1');
  bytes.write(target.slice(0, NAME_FIELD), 157, 'latin1');
  bytes.write('ustar  \0', 257, 'latin1');
  let sum = 0;
  for (const byte of bytes) sum += byte;
  number(bytes, 148, 7, sum);
  return bytes;
}

/** Octal with a NUL at its end, or base-256 where it has no room: sizes of 8 GiB and more. */
function number(bytes: Buffer, offset: number, width: number, value: number): void {
  const digits = value.toString(8);
  if (digits.length < width) {
    bytes.write(`${digits.padStart(width - 1, '0')}\0`, offset, 'latin1');
    return;
  }
  let rest = value;
  for (let at = offset + width - 1; at > offset; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[offset] = 0x80;
}
