import { fail, FailureError, type Failure } from '@crpm/core';
import { ByteReader } from './byte-reader.js';
import { printable, type BytePath } from './byte-path.js';
import { encodeHeader, END_OF_ARCHIVE, paddingOf } from './header.js';

const MAGIC = '070701';
const HEADER = 110;
/** The fields behind the magic, 8 hex digits each. */
const FIELD = { mode: 1, links: 4, mtime: 5, size: 6, nameSize: 11 } as const;
const FILE = 0o100000;
const FOLDER = 0o040000;
const TYPE = 0o170000;
const LONGEST_NAME = 4096;
const TRAILER = 'TRAILER!!!';

/** Whether bytes begin a cpio archive of the format that RPMs hold ("new ASCII"). */
export function isCpio(head: Uint8Array): boolean {
  return Buffer.from(head.buffer, head.byteOffset, MAGIC.length).toString('latin1') === MAGIC;
}

/**
 * The files and folders of a cpio archive, as the tar archive of the same: what unpacks tar safely unpacks these. Links and devices are refused, which no source RPM
 * holds. `what` names the archive in messages, which are of class `usage`.
 */
export async function* cpioAsTar(stream: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ByteReader(stream);
  const cut = () => new FailureError(damage(what, 'it ends in the middle'));
  const exactly = async (length: number): Promise<Buffer> => {
    const bytes = await reader.exactly(length);
    if (!bytes) throw cut();
    return bytes;
  };
  for (;;) {
    const header = (await exactly(HEADER)).toString('latin1');
    const field = (at: number) => Number.parseInt(header.slice(6 + at * 8, 14 + at * 8), 16);
    const [mode, links, mtime, size, nameSize] = [field(FIELD.mode), field(FIELD.links), field(FIELD.mtime), field(FIELD.size), field(FIELD.nameSize)];
    if (!header.startsWith(MAGIC) || [mode, links, mtime, size, nameSize].some(Number.isNaN)) fail(damage(what, 'an entry has no header'));
    if (nameSize < 1 || nameSize > LONGEST_NAME) fail(damage(what, 'a name is too long'));
    const name = (await exactly(nameSize + fill(HEADER + nameSize))).subarray(0, nameSize - 1).toString('latin1');
    if (name === TRAILER) break;
    const type = mode & TYPE;
    if (type !== FILE && type !== FOLDER) refuse(name, what, 'it is neither a file nor a folder');
    if (type === FILE && links > 1) refuse(name, what, 'hard links are not taken');
    yield encodeHeader({ type: type === FILE ? 'file' : 'directory', path: name, mode: mode & 0o7777, size: type === FILE ? size : 0, mtime });
    if (type === FOLDER) continue;
    yield* reader.window(size, size, cut);
    await exactly(fill(size));
    yield Buffer.alloc(paddingOf(size));
  }
  yield END_OF_ARCHIVE;
}

/** Up to a multiple of four. */
function fill(length: number): number {
  return (4 - (length % 4)) % 4;
}

function damage(what: string, why: string): Failure {
  return { class: 'usage', message: `${what} is damaged: ${why}`, next: 'Get it once more.' };
}

function refuse(name: BytePath, what: string, why: string): never {
  return fail({ class: 'usage', message: `refused ${printable(name)} in ${what}: ${why}`, next: 'Unpack it by hand, look at it, and name the folder instead.' });
}
