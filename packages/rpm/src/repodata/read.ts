import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { fail, FailureError } from '@crpm/core';
import { checked } from './digest-stream.js';
import { below, open, parseBase, unreadable, type Base } from './location.js';
import { primaryHandler, type RepoPackage } from './primary.js';
import { parseRepomd, type MetadataFile } from './repomd.js';
import { XmlReader } from './xml.js';

const MAX_REPOMD = 4 * 1024 * 1024;
/** CentOS AppStream, one of the largest, has 20 MB compressed and 200 MB open. */
const MAX_PRIMARY = 128 * 1024 * 1024;
const MAX_OPEN = 2 * 1024 * 1024 * 1024;

/** Keeps primary files between runs, by the sha256 that `repomd.xml` gives them. What comes back is checked against it again. */
export interface PrimaryCache {
  get(sha256: string): Uint8Array | undefined;
  put(sha256: string, bytes: Uint8Array): void;
}

export interface ReadPrimaryOptions {
  readonly signal?: AbortSignal;
  readonly cache?: PrimaryCache;
  /** Which packages to keep; all by default. Distributions have tens of thousands. */
  readonly keep?: (rpm: RepoPackage) => boolean;
}

/**
 * The packages of a yum repository, in the order of its metadata: `repomd.xml`, then the primary file it names, gzip or plain,
 * verified against the checksum there. `location`: a folder, `file:`, `http:` or `https:` address of what holds `repodata/`.
 * Throws a `FailureError`: class `environment` if a file is not there or not whole, `usage` if it is of a kind that KubeVirt's resolver can't read either.
 */
export async function readPrimary(location: string, options: ReadPrimaryOptions = {}): Promise<readonly RepoPackage[]> {
  const base = parseBase(location);
  const primary = (await readRepomd(base, options.signal)).find((file) => file.type === 'primary');
  const repomd = below(base, 'repodata/repomd.xml');
  if (primary === undefined) return unreadable(repomd, new Error('it names no primary metadata'));
  refuseUnreadable(base, primary);

  const packages: RepoPackage[] = [];
  const handler = primaryHandler((rpm) => {
    if (options.keep?.(rpm) ?? true) packages.push(rpm);
  });
  const reader = new XmlReader(handler);
  await guarded(below(base, primary.href), options.signal, async () => {
    const bytes = (await kept(primary, options.cache)) ?? (await fetched(base, primary, options));
    const opened = primary.href.endsWith('.gz') ? Readable.from([bytes]).pipe(createGunzip()) : [bytes];
    for await (const chunk of checked(opened, MAX_OPEN)) reader.write(chunk);
    reader.end();
    if (handler.root() !== 'metadata') throw new Error(`it is no primary metadata: its root is <${handler.root() ?? ''}>`);
  });
  return packages;
}

async function kept(primary: MetadataFile, cache: PrimaryCache | undefined): Promise<Buffer | undefined> {
  const bytes = cache?.get(primary.digest);
  try {
    return bytes && (await whole(checked([bytes], MAX_PRIMARY, primary)));
  } catch {
    // Damaged: it is fetched again.
    return undefined;
  }
}

async function fetched(base: Base, primary: MetadataFile, { cache, signal }: ReadPrimaryOptions): Promise<Buffer> {
  const bytes = await whole(checked(await open(base, primary.href, signal), MAX_PRIMARY, primary));
  cache?.put(primary.digest, bytes);
  return bytes;
}

async function readRepomd(base: Base, signal?: AbortSignal): Promise<readonly MetadataFile[]> {
  return guarded(below(base, 'repodata/repomd.xml'), signal, async () =>
    parseRepomd(await whole(checked(await open(base, 'repodata/repomd.xml', signal), MAX_REPOMD))),
  );
}

/** All bytes, verified to the last before the first is looked at. */
async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** KubeVirt's resolver reads gzip and sha256 in every version; nothing else is worth reading here. */
function refuseUnreadable(base: Base, primary: MetadataFile): void {
  const address = below(base, primary.href);
  const next = 'Index that repository with `createrepo_c --general-compress-type gz --checksum sha256`.';
  if (!/\.(?:xml|gz)$/.test(primary.href)) {
    fail({ class: 'usage', message: `${address} is compressed in a way that KubeVirt's resolver may not read; gzip it can`, next });
  }
  if (primary.algorithm !== 'sha256') {
    fail({ class: 'usage', message: `${address} has a ${primary.algorithm} checksum; KubeVirt's resolver reads sha256 in every version`, next });
  }
}

/** Runs what reads a file; any error but an expected failure or a cancellation becomes the failure of that file. */
async function guarded<T>(address: string, signal: AbortSignal | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FailureError) throw error;
    if (signal?.aborted) return fail({ class: 'cancelled', message: `stopped while reading ${address}` }, error);
    return unreadable(address, error);
  }
}
