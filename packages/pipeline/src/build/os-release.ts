import type { OsRelease } from '@crpm/engines';

const DIST_TAGS: ReadonlyMap<string, string> = new Map([
  ['fedora', 'fc'],
  ['centos', 'el'],
  ['rhel', 'el'],
  ['rocky', 'el'],
  ['almalinux', 'el'],
  ['debian', 'deb'],
  ['ubuntu', 'ubuntu'],
]);

/** `%dist` for a distribution whose rpm has none of its own: `.deb12`. */
export function distOf({ id, version }: OsRelease): string {
  const major = /^\d+/.exec(version)?.[0] ?? '';
  return `.${DIST_TAGS.get(id) ?? (id.replace(/[^a-z]/g, '') || 'linux')}${major}`;
}

/** Whether the rpm database knows the packages of this distribution, so that rpmbuild can check BuildRequires. */
export function knowsItsPackages({ id, like }: OsRelease): boolean {
  return ![id, ...like].some((name) => name === 'debian' || name === 'ubuntu');
}
