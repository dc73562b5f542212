import { distinctSpecs, type Config, type ConfigPath, type Diagnostic, type PackageConfig } from '@crpm/core';
import { findFilePin, findPin, getArchive, getFile, isCommit, readLockFile, resolveRef, type Pins } from '@crpm/sources';

import { isAddress, lockFileOf, treePlace } from '../compile/tree-place.js';
import { FORMATS } from './place.js';

/** Something in a config that stands for other things at other times, and is pinned in the lock file for that reason. */
export type Moving = {
  readonly package: string;
  /** The key of the config that names it. */
  readonly path: ConfigPath;
} & ({ readonly kind: 'git'; readonly url: string; readonly ref: string } | { readonly kind: 'tarball' | 'srpm' | 'rpm'; readonly url: string });

/** All of a config, in its order: branches and tags of sources and specs, addresses of archives and RPMs without a sha256. */
export function movingOf(config: Config): readonly Moving[] {
  return config.packages.flatMap((pkg): readonly Moving[] => {
    const { name } = pkg;
    if (pkg.kind === 'published') return [];
    if (pkg.kind === 'prebuilt') return movingRpms(pkg);
    const tree = treePlace(config, pkg);
    return [
      ...(tree.kind === 'git' && !isCommit(tree.ref) ? [{ package: name, path: ['sources', name, 'git'], kind: 'git', url: tree.git, ref: tree.ref } as const] : []),
      ...(tree.kind === 'archive-url' && tree.sha256 === undefined ? [{ package: name, path: ['sources', name, tree.format], kind: tree.format, url: tree.url } as const] : []),
      ...distinctSpecs(pkg.specs).flatMap((spec) => (spec.kind === 'git' && !isCommit(spec.branch) ? [{ package: name, path: ['sources', name, 'spec'], kind: 'git', url: spec.git, ref: spec.branch } as const] : [])),
    ];
  });
}

function movingRpms({ name, rpms, rpmsOf = {} }: PackageConfig): readonly Moving[] {
  const given = [...rpms.map((url, index) => ({ url, at: [index] })), ...Object.entries(rpmsOf).flatMap(([basesystem, urls]) => urls.map((url) => ({ url, at: [basesystem] })))];
  return given.flatMap(({ url, at }) => (isAddress(url) ? [{ package: name, path: ['sources', name, 'rpms', ...at], kind: 'rpm', url } as const] : []));
}

/** What the lock file says that it stands for; nothing if it does not say. */
export function pinnedTo(pins: Pins, moving: Moving): string | undefined {
  return moving.kind === 'git' ? findPin(pins, moving)?.commit : findFilePin(pins, moving.url)?.sha256;
}

/** What it stands for now: asks the remote repository, or gets the file. */
export async function resolveNow(moving: Moving, cacheDir: string, signal: AbortSignal): Promise<string> {
  if (moving.kind === 'git') return resolveRef({ url: moving.url, ref: moving.ref, cacheDir, signal });
  if (moving.kind === 'rpm') return (await getFile({ url: moving.url, cacheDir, signal })).sha256;
  return (await getArchive({ url: moving.url, format: FORMATS[moving.kind], cacheDir, signal })).sha256;
}

/** For `--locked`: what the lock file does not pin, packages in `skip` left out. */
export async function checkLocked(config: Config, skip: readonly string[] = []): Promise<readonly Diagnostic[]> {
  const moving = movingOf(config).filter((one) => !skip.includes(one.package));
  if (moving.length === 0) return [];
  const file = lockFileOf(config);
  const pins = await readLockFile(file);
  return moving
    .filter((one) => pinnedTo(pins, one) === undefined)
    .map((one) => ({
      severity: 'error',
      path: one.path,
      message: `--locked: ${file} does not say what ${one.kind === 'git' ? `${one.ref} of ${one.url}` : one.url} stands for; crpm update ${one.package} writes it there`,
    }));
}
