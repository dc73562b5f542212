import { parseEvr, parseRelation, sameEvr, type Evr, type Relation } from '@crpm/rpm';
import type { BuildrootFact } from '../facts.js';
import type { OfficialRpm, OwnRpm } from './foresight.js';

/**
 * The RPMs that a spec will make, as far as they can be known before they are built. What rpmbuild finds out by itself (libraries, pkg-config files) is
 * taken to be what the distribution's RPM of that name provides: else its neighbours would seem to be alone.
 */
export function foretold({ rpms, source }: Pick<BuildrootFact, 'rpms' | 'source'>, pkg: string, official: readonly OfficialRpm[]): readonly OwnRpm[] {
  const namesakes = new Map<string, OfficialRpm>();
  for (const rpm of official) namesakes.set(rpm.name, rpm);
  return rpms.flatMap(({ name, evr, arch, requires, provides }) => {
    const parsed = parseEvr(evr);
    if (!parsed) return [];
    const namesake = namesakes.get(name);
    const said = provides.map(parseRelation);
    const alike = namesake ? namesake.provides.filter((one) => one.name !== name).map((one) => inEvr(one, namesake, parsed)) : [];
    const files = namesake?.files ? { files: namesake.files } : {};
    return [{ name, ...parsed, arch, package: pkg, source, requires: requires.map(parseRelation), provides: [{ name, op: '=' as const, evr: parsed }, ...said, ...alike], ...files }];
  });
}

/** What was provided in the official version will be provided in ours. */
function inEvr(provided: Relation, theirs: Evr, ours: Evr): Relation {
  const { evr } = provided;
  if (!evr) return provided;
  return sameEvr({ ...evr, release: evr.release ?? theirs.release }, theirs) ? { ...provided, evr: ours } : provided;
}
