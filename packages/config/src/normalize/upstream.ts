import type { UpstreamSource } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { Source } from '../generated/config-file.js';
import type { Path } from '../yaml/nodes.js';
import { resolvePath } from './paths.js';

const ADDRESS = /^https?:\/\//i;
/** Without user and password, which would end up in logs. */
const GOOD_ADDRESS = /^https?:\/\/([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?\/[A-Za-z0-9._~%!$&'()*+,;=:@/?-]+$/i;

export type TreeKey = 'dir' | 'git' | 'tarball' | 'srpm';

/** The keys of a source that say where its tree comes from. */
export function treeKeys(source: Source): readonly TreeKey[] {
  return (['dir', 'git', 'tarball', 'srpm'] as const).filter((key) => source[key] !== undefined);
}

/** A tree that crpm gets by itself. Complains about keys that don't go together; then the result is of no use. */
export function upstreamOf(name: string, source: Source, root: string, complaints: Complaints): UpstreamSource | undefined {
  const at = ['sources', name];
  const { git, ref, tarball, srpm, sha256 } = source;
  const [first, ...others] = treeKeys(source);
  for (const key of others) complaints.error([...at, key], `${name} has both ${first ?? ''} and ${key}; a source has one tree`, { part: 'key' });
  const wrong = (key: TreeKey) => complaints.saidAbout([...at, key]);
  if (ref !== undefined && git === undefined && !wrong('git')) complaints.error([...at, 'ref'], 'ref goes with git only', { part: 'key' });
  if (sha256 !== undefined && tarball === undefined && srpm === undefined && !wrong('tarball') && !wrong('srpm')) complaints.error([...at, 'sha256'], 'sha256 goes with tarball and srpm only', { part: 'key' });
  if (git !== undefined) {
    if (ref === undefined) complaints.error([...at, 'git'], `${name} lacks ref: the branch, tag or commit of ${git} to build`, { part: 'key' });
    return { kind: 'git', git, ref: ref ?? '' };
  }
  const [kind, file] = tarball === undefined ? (['srpm', srpm] as const) : (['tarball', tarball] as const);
  if (file === undefined) return undefined;
  return { kind, at: placeOf(name, file, root, [...at, kind], complaints), ...(sha256 !== undefined && { sha256 }) };
}

/** An http(s) address as it is, a path made absolute. */
export function placeOf(name: string, text: string, root: string, at: Path, complaints: Complaints): string {
  if (!isAddress(text)) return resolvePath(text, root, at, complaints);
  if (!GOOD_ADDRESS.test(text)) complaints.error(at, `${name}: an address is http(s)://host/path, without user name, spaces or #`);
  return text;
}

export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}
