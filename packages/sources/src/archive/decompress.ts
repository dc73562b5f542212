import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fail } from '@crpm/core';

/** What packs a tarball, told by its first bytes and not by its name: argv of the program that unpacks it to its standard output. */
const PROGRAMS: readonly { readonly magic: Buffer; readonly argv: readonly [string, ...string[]]; readonly packages: string }[] = [
  { magic: Buffer.from('fd377a585a00', 'hex'), argv: ['xz', '--decompress', '--stdout'], packages: 'xz-utils or xz' },
  { magic: Buffer.from('BZh', 'latin1'), argv: ['bzip2', '--decompress', '--stdout'], packages: 'bzip2' },
  { magic: Buffer.from('28b52ffd', 'hex'), argv: ['zstd', '--decompress', '--stdout'], packages: 'zstd' },
];
const GZIP = Buffer.from('1f8b', 'hex');

/** What is unpacked, and how it is known where nothing packs it. */
export interface Unpacked {
  /** Whether the first bytes of a file are the thing itself. */
  readonly is: (head: Buffer) => boolean;
  /** `tar archive` */
  readonly noun: string;
}

/** Of a header that is not the old Unix one, which nobody has written for thirty years. */
const USTAR = { at: 257, magic: Buffer.from('ustar', 'latin1') };

export const TAR: Unpacked = { is: (head) => head.subarray(USTAR.at).indexOf(USTAR.magic) === 0, noun: 'tar archive' };

export const HEAD_BYTES = 512;

/**
 * The bytes of the archive in a file that begins with `head`. gzip is unpacked here, xz, bzip2 and zstd by their programs.
 *
 * The stream ends with a `FailureError`: class `usage` if it is no such archive, or a damaged one; `environment` where the program is missing.
 */
export async function* decompressed(packed: Readable, head: Buffer, what: string, { is, noun }: Unpacked): AsyncGenerator<Uint8Array> {
  if (is(head)) {
    yield* packed as AsyncIterable<Uint8Array>;
    return;
  }
  const program = PROGRAMS.find(({ magic }) => head.indexOf(magic) === 0);
  if (program) yield* throughProgram(packed, program, what);
  else if (head.indexOf(GZIP) === 0) yield* gunzipped(packed, what);
  else fail({ class: 'usage', message: `${what} is no ${noun}, plain or packed by gzip, xz, bzip2 or zstd`, next: 'Name an archive of sources; an address must lead to the file itself and not to a page about it.' });
}

async function* gunzipped(packed: Readable, what: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  packed.on('error', (error) => gunzip.destroy(error));
  try {
    yield* packed.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    failDamaged(what, (error as Error).message);
  }
}

async function* throughProgram(packed: Readable, { argv: [name, ...args], packages }: (typeof PROGRAMS)[number], what: string): AsyncGenerator<Uint8Array> {
  const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-1000)));
  const ended = new Promise<number | NodeJS.ErrnoException>((resolve) => {
    child.on('error', resolve);
    child.on('close', (code) => { resolve(code ?? -1); });
  });
  child.stdin.on('error', () => {}); // it went away: its exit tells why
  packed.on('error', () => child.kill());
  packed.pipe(child.stdin);
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const end = await ended;
    if (end === 0) return;
    if (packed.errored) throw packed.errored;
    if (typeof end === 'number') failDamaged(what, complaint.trim().replace(/\n/g, '; ') || `${name} ended with ${end}`);
    if (end.code !== 'ENOENT') throw end;
    fail({ class: 'environment', message: `${what} needs ${name} to be unpacked, which is not on the PATH`, next: `Install ${packages}.` }, end);
  } finally {
    child.kill();
  }
}

function failDamaged(what: string, why: string): never {
  fail({ class: 'usage', message: `${what} is damaged: ${why}`, next: 'Get it once more.' });
}
