import { isAbsolute, join } from 'node:path';

import type { Config, PackageConfig } from '@crpm/core';

import type { TreePlace } from '../params.js';

/** Beside the config. */
export function lockFileOf(config: Config): string {
  return join(config.root, 'custom-rpms.lock.yaml');
}

/** Of what a config names by an absolute path or an http(s) address. */
export function isAddress(at: string): boolean {
  return !isAbsolute(at);
}

export function treePlace(config: Config, pkg: PackageConfig): TreePlace {
  const { dir, upstream } = pkg;
  if (upstream === undefined) {
    if (dir === undefined) throw new Error(`packageComplaints let ${pkg.name} through without a tree`);
    return { kind: 'dir', dir };
  }
  if (upstream.kind === 'git') return { kind: 'git', git: upstream.git, ref: upstream.ref, lockFile: lockFileOf(config) };
  const sha256 = upstream.sha256 === undefined ? {} : { sha256: upstream.sha256 };
  const format = upstream.kind;
  if (!isAddress(upstream.at)) return { kind: 'archive', format, file: upstream.at, ...sha256 };
  return { kind: 'archive-url', format, url: upstream.at, ...sha256, lockFile: lockFileOf(config) };
}

/** For people. */
export function nameOf(place: TreePlace): string {
  switch (place.kind) {
    case 'dir':
      return place.dir;
    case 'git':
      return `${place.git} at ${place.ref}`;
    case 'archive':
      return place.file;
    case 'archive-url':
      return place.url;
  }
}
