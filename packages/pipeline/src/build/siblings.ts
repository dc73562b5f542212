import { formatRelation, type RpmHeader } from '@crpm/rpm';

/**
 * What an RPM requires in exactly its own version and release, as subpackages of one spec do, and no RPM built with it provides: names, without
 * the mark of an architecture, sorted. Once the release has a suffix of ours nobody else can provide them either.
 */
export function missingSiblings(rpm: RpmHeader, builtTogether: readonly RpmHeader[]): readonly string[] {
  const provided = new Set(builtTogether.flatMap(({ provides }) => provides).map(formatRelation));
  const missing = rpm.requires.filter((relation) => {
    const { op, evr } = relation;
    return op === '=' && evr?.version === rpm.version && evr.release === rpm.release && !provided.has(formatRelation(relation));
  });
  return [...new Set(missing.map(({ name }) => name.replace(/\([a-z0-9]+-(?:32|64)\)$/, '')))].sort();
}
