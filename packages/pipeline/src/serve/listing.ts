/** What the server tells people who look at it, from the paths of the current generation. */

const INDEX = 'repodata/repomd.xml';

/** Every repository's base URL, relative to the server's root: `centos-stream-9/x86_64/`. */
export function repositoriesOf(paths: Iterable<string>): readonly string[] {
  return [...paths].filter((path) => path.endsWith(`/${INDEX}`)).map((path) => path.slice(0, -INDEX.length)).sort();
}

/** The files of one repository, relative to its base URL; RPMs in the order of their names. */
export function filesOf(paths: Iterable<string>, base: string): readonly string[] {
  const name = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  return [...paths]
    .filter((path) => path.startsWith(base))
    .map((path) => path.slice(base.length))
    .sort((a, b) => Number(a.endsWith('.rpm')) - Number(b.endsWith('.rpm')) || (name(a) < name(b) ? -1 : 1));
}
