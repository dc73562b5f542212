import { createReadStream } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { fail } from '@crpm/core';

/** A repository: a folder of this machine, or an address. It holds `repodata/`. */
export type Base = { readonly kind: 'folder'; readonly folder: string } | { readonly kind: 'http'; readonly url: URL };

/** How long one file may take, in milliseconds. */
const TIMEOUT = 300_000;

/** Reads a folder's path, a `file:` address or an `http(s):` address. Throws a `FailureError` for any other scheme. */
export function parseBase(location: string): Base {
  // A scheme has at least two letters, so that `C:\repo` stays a path.
  if (!/^[a-z][a-z0-9+.-]+:/i.test(location)) return { kind: 'folder', folder: resolve(location) };
  const url = URL.canParse(location) ? new URL(location) : undefined;
  if (url?.protocol === 'file:') return { kind: 'folder', folder: fileURLToPath(url) };
  if (url?.protocol === 'http:' || url?.protocol === 'https:') {
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    return { kind: 'http', url };
  }
  return fail({ class: 'usage', message: `${location} is no repository address: http, https, file or a folder`, next: 'Give the address of the folder that holds repodata/.' });
}

/** The address of a file below a repository, for messages and for fetching. Refuses what leaves the repository. */
export function below(base: Base, href: string): string {
  if (base.kind === 'http') {
    const url = new URL(href, base.url);
    if (url.origin !== base.url.origin || !url.pathname.startsWith(base.url.pathname)) leaves(base.url.href, href);
    return url.href;
  }
  const path = resolve(base.folder, href);
  if (!path.startsWith(join(base.folder, sep))) leaves(base.folder, href);
  return path;
}

/** Opens a file of a repository for reading once. Errors of the network, and of reading, are `FailureError`s (class `environment`). */
export async function open(base: Base, href: string, signal?: AbortSignal): Promise<Readable> {
  const address = below(base, href);
  if (base.kind === 'folder') return createReadStream(address);
  const timeout = AbortSignal.timeout(TIMEOUT);
  try {
    const response = await fetch(address, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the server answers ${response.status} ${response.statusText}`);
    }
    return Readable.fromWeb(response.body as ReadableStream);
  } catch (error) {
    return unreadable(address, error);
  }
}

/** Throws the failure of a file of a repository that can't be had or trusted. */
export function unreadable(address: string, error: unknown): never {
  const cause = error instanceof Error && error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : String((error as Error).message);
  return fail(
    { class: 'environment', message: `cannot read ${address}: ${cause}`, next: 'Check that the repository is served and complete, then run again.' },
    error,
  );
}

function leaves(base: string, href: string): never {
  return fail({ class: 'environment', message: `the metadata of ${base} names a file outside of it: ${href}`, next: 'Index that repository again with createrepo_c.' });
}
