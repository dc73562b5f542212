import { formatRelation, type RpmHeader } from '@crpm/rpm';
import { hashText } from '@crpm/state';

/** Digest of what a resolver, and whoever puts files together, looks at: requires, provides, and the list of files without their content. */
export function shapeOf({ requires, provides, files }: RpmHeader): string {
  const list = files.map(({ path, mode, target, ghost }) => [path, mode, target ?? '', ghost]);
  return hashText(JSON.stringify([requires.map(formatRelation).sort(), provides.map(formatRelation).sort(), list]));
}
