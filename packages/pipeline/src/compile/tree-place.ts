import { isAbsolute, join } from 'node:path';

import type { Config, PackageConfig } from '@crpm/core';

import type { TreePlace } from '../params.js';

/** Beside the config. */
export function lockFileOf(config: Config): string {
  return join(config.root, 'custom-rpms.lock.yaml');
}

export function treePlace(config: Config, pkg: PackageConfig): TreePlace {
  const { dir, upstream } = pkg;
  if (upstream === undefined) {
    if (dir === undefined) throw new Error(`packageComplaints let ${pkg.name} through without a tree`);
    return { kind: 'dir', dir };
  }
  if (upstream.kind === 'git') return { kind: 'git', git: upstream.git, ref: upstream.ref, lockFile: lockFileOf(config) };
  const sha256 = upstream.sha256 === undefined ? {} : { sha256: upstream.sha256 };
  if (isAbsolute(upstream.at)) return { kind: 'tarball', file: upstream.at, ...sha256 };
  return { kind: 'tarball-url', url: upstream.at, ...sha256, lockFile: lockFileOf(config) };
}

/** For people. */
export function nameOf(place: TreePlace): string {
  switch (place.kind) {
    case 'dir':
      return place.dir;
    case 'git':
      return `${place.git} at ${place.ref}`;
    case 'tarball':
      return place.file;
    case 'tarball-url':
      return place.url;
  }
}
