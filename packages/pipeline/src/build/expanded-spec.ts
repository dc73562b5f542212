/** What a spec says about its source archive, read from the output of `rpmspec -P`. */
export interface ArchiveNames {
  /** File name that `%prep` looks for: `qemu-10.1.0.tar.xz`. */
  readonly archive: string;
  /** Folder that `%prep` enters after unpacking it: `qemu-10.1.0`. */
  readonly top: string;
}

const SOURCE0 = /^Source0?\s*:\s*(\S+)/im;
const SETUP_NAME = /^%(?:auto)?setup\b.*?\s-n\s*(\S+)/m;
/** rpm ≥ 4.15 prints `%setup` as the shell it stands for; the first relative `cd` enters the unpacked tree. */
const ENTERED = /^cd '?([^/'\n][^'\n]*)'?$/m;
const SECTION_END = /^%(build|install|check|files|package|description|changelog|generate_buildrequires|conf)\b/m;

/** Nothing when the spec has no `Source0`. */
export function archiveNames(expanded: string): ArchiveNames | undefined {
  // rpm takes the last component of a URL, its `#/name` fragment included.
  const archive = SOURCE0.exec(expanded)?.[1]?.split('/').at(-1);
  if (archive === undefined || archive === '') return undefined;
  const prep = prepSection(expanded);
  const top = SETUP_NAME.exec(prep)?.[1] ?? ENTERED.exec(prep)?.[1] ?? archive.replace(/\.(tar(\.[a-z0-9]+)?|t[a-z]z\d?|crate)$/, '');
  return { archive, top };
}

function prepSection(expanded: string): string {
  const start = expanded.search(/^%prep\b/m);
  if (start < 0) return '';
  const rest = expanded.slice(start);
  const end = rest.search(SECTION_END);
  return end < 0 ? rest : rest.slice(0, end);
}
