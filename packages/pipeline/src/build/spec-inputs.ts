import { createHash } from 'node:crypto';

import { bytesOf } from '@crpm/archive';
import type { Manifest, ManifestEntry } from '@crpm/sources';

/** Beside a template: what name and version of the project are read from. */
const FILLED_FROM = ['meson.build', 'VERSION'];

/**
 * `sha256:` over all that a build root reads of a source tree and of its dist-git folder: an edit of anything else leaves the build root
 * as it is. Through a link anything may be read, so then the whole tree counts. `specInTree`: empty where it is whichever spec is there.
 */
export function specInputs(tree: Manifest, specInTree: string | undefined, distGit: Manifest | undefined): string {
  const hash = createHash('sha256').update(`crpm spec inputs 1\0${distGit?.digest ?? ''}\0`);
  if (specInTree === undefined) return `sha256:${hash.digest('hex')}`;
  const read = new Set([specInTree, ...FILLED_FROM].map(bytesOf));
  const entries = tree.entries.filter(({ path }) => read.has(path) || (specInTree === '' && path.endsWith('.spec')));
  hash.update(entries.some((entry) => entry.type === 'symlink') ? tree.digest : entries.map(line).join(''), 'latin1');
  return `sha256:${hash.digest('hex')}`;
}

function line(entry: ManifestEntry): string {
  return `${entry.path}\0${entry.type === 'file' ? entry.sha256 : entry.target}\0`;
}
