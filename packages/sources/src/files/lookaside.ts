import { createWriteStream, createReadStream, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fail, FailureError } from '@crpm/core';
import { download } from './download.js';
import { digestOf, keepFile, keptFile, type Digest, type FileOptions } from './kept-file.js';

/** A file that dist-git keeps elsewhere, as its `sources` names it. */
export type LookasideFile = {
  readonly name: string;
  readonly algorithm: Digest['algorithm'] | 'sha1' | 'md5';
  readonly hex: string;
};

/** Hex digits of each digest. */
const LENGTHS: Readonly<Record<LookasideFile['algorithm'], number>> = { sha512: 128, sha256: 64, sha1: 40, md5: 32 };
/** Each becomes one component of a path, and of an address. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._+~^@=,-]{0,254}$/;

/**
 * The lines of a dist-git folder's `sources`: `SHA512 (NAME) = HEX`, and the old form, an MD5 and a name. Fails with class `usage` on any other; `what` names
 * the file in messages.
 */
export function parseSourcesFile(text: string, what: string): readonly LookasideFile[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const [, tag, tagged, digest] = /^(SHA512|SHA256|SHA1|MD5) \(([^()]+)\) = ([0-9a-fA-F]+)$/.exec(line) ?? [];
    const [, old, plain] = /^([0-9a-fA-F]{32})\s+\*?(\S+)$/.exec(line) ?? [];
    const algorithm = (tag?.toLowerCase() ?? 'md5') as LookasideFile['algorithm'];
    const name = tagged ?? plain ?? '';
    const hex = (digest ?? old ?? '').toLowerCase();
    if (!NAME.test(name) || hex.length !== LENGTHS[algorithm]) {
      fail({ class: 'usage', message: `line ${String(index + 1)} of ${what} is none that names a file by its digest: ${line.slice(0, 200)}`, next: 'Write it as sha512sum --tag does: SHA512 (NAME) = 128 hex digits.' });
    }
    return [{ name, algorithm, hex }];
  });
}

export interface Lookaside extends FileOptions {
  /** What the distribution calls the package: `qemu-kvm`. */
  readonly package: string;
  /** Folder of the packages; absent: there is none. */
  readonly url?: string | undefined;
  /** `spec.sources`: the user's own folder of such files. */
  readonly given?: string | undefined;
  /** The dist-git folder, where the distribution's tool puts them. */
  readonly beside?: string | undefined;
}

/** One of these files, in the cache: from there, from the user's folders, or from the distribution, and only with the digest it must have. */
export async function getLookaside(wanted: LookasideFile, from: Lookaside): Promise<string> {
  const { name, algorithm, hex } = wanted;
  const given = from.given === undefined ? undefined : join(from.given, name);
  if (algorithm === 'md5' || algorithm === 'sha1') return weak(wanted, given, from);
  const kept = await keptFile({ algorithm, hex }, from);
  if (kept !== undefined) return kept;
  if (given !== undefined && isFile(given)) return keepCopy(given, wanted, algorithm, from);
  const beside = from.beside === undefined ? undefined : join(from.beside, name);
  // Not refused where it is another: nobody named it, and an older one often stays there.
  if (beside !== undefined && isFile(beside) && (await digestOf(beside, algorithm, from.signal)) === hex) return keepCopy(beside, wanted, algorithm, from);
  return fetchOne(wanted, algorithm, from);
}

/** A forger can make another file of the same MD5, so such a line is good enough only for what the user put there himself. */
async function weak(wanted: LookasideFile, given: string | undefined, from: Lookaside): Promise<string> {
  const { name, algorithm, hex } = wanted;
  if (given === undefined || !isFile(given)) {
    fail({
      class: 'usage',
      message: `sources of ${from.package} names ${name} by its ${algorithm.toUpperCase()} only, which can be forged: it is not fetched`,
      next: `Write its line anew, as sha512sum --tag ${name} does; or get the file yourself and name its folder under spec.sources.`,
    });
  }
  const found = await digestOf(given, algorithm, from.signal);
  if (found !== hex) refuse(given, wanted, found);
  return keepCopy(given, undefined, 'sha256', from);
}

async function keepCopy(file: string, wanted: LookasideFile | undefined, algorithm: Digest['algorithm'], from: Lookaside): Promise<string> {
  const kept = await keepFile(wanted?.name ?? file.slice(file.lastIndexOf('/') + 1), algorithm, from, {
    bring: async (to) => {
      const hash = createHash(algorithm);
      const source = createReadStream(file);
      source.on('data', (chunk) => hash.update(chunk));
      await pipeline(source, createWriteStream(to, { flags: 'wx' }), ...(from.signal ? [{ signal: from.signal }] : []));
      return hash.digest('hex');
    },
    refuse: (hex) => {
      if (wanted !== undefined && hex !== wanted.hex) refuse(file, wanted, hex);
    },
  });
  return kept.file;
}

async function fetchOne(wanted: LookasideFile, algorithm: Digest['algorithm'], from: Lookaside): Promise<string> {
  const { name, hex } = wanted;
  const next = `Get ${name} by hand and name its folder under spec.sources, or set spec.lookaside to where the distribution keeps such files.`;
  if (from.url === undefined) fail({ class: 'usage', message: `sources of ${from.package} names ${name}, and the base system has no lookaside cache to get it from`, next });
  const url = [from.url.replace(/\/+$/, ''), ...[from.package, name, algorithm, hex, name].map(encodeURIComponent)].join('/');
  const { file } = await keepFile(name, algorithm, from, {
    bring: (to) => downloadOr(next, url, to, { algorithm, signal: from.signal }),
    refuse: (got) => {
      if (got !== hex) refuse(url, wanted, got);
    },
  });
  return file;
}

/** A download whose failure says what else can be done about it here. */
async function downloadOr(next: string, ...args: Parameters<typeof download>): Promise<string> {
  try {
    return await download(...args);
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class === 'cancelled') throw error;
    throw new FailureError({ ...error.failure, next }, { cause: error });
  }
}

function refuse(where: string, { name, algorithm, hex }: LookasideFile, found: string): never {
  fail({
    class: 'usage',
    message: `${where} is not the ${name} that sources of the dist-git folder names: its ${algorithm} is ${found}, not ${hex}`,
    next: `Get the right ${name}; if it was replaced on purpose, write its line in sources anew, as sha512sum --tag ${name} does.`,
  });
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
