import { existsSync } from 'node:fs';

import type { InputContext } from '@crpm/core';
import { findFilePin, findPin, gitTree, isCommit, localArchiveTree, readLockFile, remoteArchiveTree, TARBALL, type ArchiveFormat } from '@crpm/sources';

import type { TreePlace } from '../params.js';
import { SOURCE_RPM } from './source-rpm.js';

/** A tree that is there to be read. */
export interface PlacedTree {
  readonly dir: string;
  /** Of a fetched one: its commit, or the sha256 of its archive. */
  readonly pin?: string;
}

/** How an archive of each kind becomes a tree. */
export const FORMATS: Readonly<Record<'tarball' | 'srpm', ArchiveFormat>> = { tarball: TARBALL, srpm: SOURCE_RPM };

/** The user's folder; else what the place is pinned to, fetched and unpacked if need be, in a folder of the cache that is not to be written to. */
export async function placeTree(place: TreePlace, { workspace, signal }: InputContext): Promise<PlacedTree> {
  const common = { cacheDir: workspace.cache, signal };
  switch (place.kind) {
    case 'dir':
      return { dir: place.dir };
    case 'git': {
      const { dir, commit } = await gitTree({ url: place.git, ref: place.ref, lockFile: place.lockFile, ...common });
      return { dir, pin: commit };
    }
    case 'archive': {
      const { dir, sha256 } = await localArchiveTree({ file: place.file, format: FORMATS[place.format], sha256: place.sha256, ...common });
      return { dir, pin: sha256 };
    }
    case 'archive-url': {
      const { dir, sha256 } = await remoteArchiveTree({ url: place.url, format: FORMATS[place.format], sha256: place.sha256, lockFile: place.lockFile, ...common });
      return { dir, pin: sha256 };
    }
  }
}

/** Why a tree that was placed before is not what would be placed now; nothing if it is. What an archive on this machine holds is an input and not asked here. */
export async function whyMoved(place: TreePlace, placed: Partial<PlacedTree>): Promise<string | undefined> {
  if (place.kind === 'dir') return undefined;
  if (placed.dir === undefined || !existsSync(placed.dir)) return `the cache has the files of ${addressOf(place)} no more`;
  const pin = await pinOf(place);
  if (pin === undefined || pin === placed.pin) return undefined;
  return `custom-rpms.lock.yaml names another ${place.kind === 'git' ? 'commit' : 'sha256'} of ${addressOf(place)}`;
}

/** What the lock file or the config itself says; nothing where that is told by other means, or where the lock file does not say. */
async function pinOf(place: Exclude<TreePlace, { kind: 'dir' }>): Promise<string | undefined> {
  switch (place.kind) {
    case 'git':
      return isCommit(place.ref) ? place.ref : (findPin(await readLockFile(place.lockFile), { url: place.git, ref: place.ref })?.commit ?? NONE);
    case 'archive':
      return undefined;
    case 'archive-url':
      return place.sha256 ?? findFilePin(await readLockFile(place.lockFile), place.url)?.sha256 ?? NONE;
  }
}

/** Equal to no pin: the entry was deleted, to take what is newest. */
const NONE = '';

function addressOf(place: Exclude<TreePlace, { kind: 'dir' }>): string {
  switch (place.kind) {
    case 'git':
      return place.git;
    case 'archive':
      return place.file;
    case 'archive-url':
      return place.url;
  }
}
