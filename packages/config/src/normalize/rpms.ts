import type { PackageConfig } from '@crpm/core';
import type { Source } from '../generated/config-file.js';
import type { Path } from '../yaml/nodes.js';
import type { SourceContext } from './packages.js';
import { perBasesystem } from './per-basesystem.js';
import { isAddress, placeOf } from './upstream.js';

/** RPMs at hand: a list of all, or one for each base system. */
export function rpmsOf(name: string, { rpms }: Source, context: SourceContext): Pick<PackageConfig, 'rpms' | 'rpmsOf'> {
  if (rpms === undefined) return { rpms: [] };
  const at = ['sources', name, 'rpms'];
  const whole = (given: string | readonly string[], where: Path) =>
    typeof given === 'string' ? [placeOfRpms(name, given, where, context)] : given.map((rpm, index) => placeOfRpms(name, rpm, [...where, index], context));
  if (typeof rpms === 'string' || Array.isArray(rpms)) return { rpms: whole(rpms, at) };
  const given = perBasesystem<string | readonly string[]>(rpms, at, context);
  return { rpms: [], rpmsOf: Object.fromEntries([...given].map(([basesystem, some]) => [basesystem.name, whole(some, [...at, basesystem.name])])) };
}

function placeOfRpms(name: string, rpm: string, at: Path, { root, complaints }: SourceContext): string {
  if (rpm.endsWith('.src.rpm')) complaints.error(at, `${name}: ${rpm} is a source RPM; name it under srpm to rebuild it`);
  else if (isAddress(rpm) && !rpm.endsWith('.rpm')) complaints.error(at, `${name}: an address under rpms is that of one RPM and ends in .rpm; a whole repository goes under serve, with mode: published`);
  return placeOf(name, rpm, root, at, complaints);
}
