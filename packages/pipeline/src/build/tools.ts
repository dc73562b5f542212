/** A program that nodes call, and the packages it comes from. */
interface Tool {
  readonly rpm: string;
  readonly deb: string;
}

const TOOLS: ReadonlyMap<string, Tool> = new Map([
  ['createrepo_c', { rpm: 'createrepo_c', deb: 'createrepo-c' }],
  ['rpmbuild', { rpm: 'rpm-build', deb: 'rpm' }],
  ['rpmspec', { rpm: 'rpm-build', deb: 'rpm' }],
  ['tar', { rpm: 'tar', deb: 'tar' }],
  ['xz', { rpm: 'xz', deb: 'xz-utils' }],
  ['gzip', { rpm: 'gzip', deb: 'gzip' }],
  ['patch', { rpm: 'patch', deb: 'patch' }],
  ['git', { rpm: 'git-core', deb: 'git' }],
  ['meson', { rpm: 'meson', deb: 'meson' }],
  ['autoreconf', { rpm: 'autoconf', deb: 'autoconf' }],
  ['automake', { rpm: 'automake', deb: 'automake' }],
  ['make', { rpm: 'make', deb: 'make' }],
  ['ninja', { rpm: 'ninja-build', deb: 'ninja-build' }],
]);

/** The RPM names of these programs, each once. */
export function rpmsOf(tools: readonly string[]): readonly string[] {
  return [...new Set(tools.map((tool) => TOOLS.get(tool)?.rpm ?? tool))];
}

/** What to type to get these programs, for apt and for dnf. */
export function installLines(tools: readonly string[]): string {
  const debs = [...new Set(tools.map((tool) => TOOLS.get(tool)?.deb ?? tool))];
  return `sudo apt-get install ${debs.join(' ')}   (Debian, Ubuntu), or: sudo dnf install ${rpmsOf(tools).join(' ')}   (Fedora, CentOS)`;
}
