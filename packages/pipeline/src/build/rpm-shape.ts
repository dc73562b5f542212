import { formatRelation, type RpmHeader } from '@crpm/rpm';
import { hashText } from '@crpm/state';

/** rpm puts a link for each program here, named by a digest of what the program does: another list after every edit, of which nobody ever asks for an entry. */
const BUILD_IDS = /^\/usr\/lib\/\.build-id(?:\/|$)/;

/** Digest of what a resolver, and whoever puts files together, looks at: requires, provides, and the list of files without their content. */
export function shapeOf({ requires, provides, files }: Pick<RpmHeader, 'requires' | 'provides' | 'files'>): string {
  const list = files.filter(({ path }) => !BUILD_IDS.test(path)).map(({ path, mode, target, ghost }) => [path, mode, target ?? '', ghost]);
  return hashText(JSON.stringify([requires.map(formatRelation).sort(), provides.map(formatRelation).sort(), list]));
}
