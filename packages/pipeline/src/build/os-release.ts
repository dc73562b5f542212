/** `ID`, `VERSION_ID` and `ID_LIKE` of an os-release file. */
export interface OsRelease {
  readonly id: string;
  readonly version: string;
  readonly like: readonly string[];
}

export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*))$/.exec(line.trim());
    if (match?.[1]) values.set(match[1], match[2] ?? match[3] ?? match[4] ?? '');
  }
  return { id: values.get('ID') ?? '', version: values.get('VERSION_ID') ?? '', like: (values.get('ID_LIKE') ?? '').split(' ').filter(Boolean) };
}

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
