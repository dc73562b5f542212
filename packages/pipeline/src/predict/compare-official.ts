import { compareEvrBazeldnf, formatEvr, sameEvr } from '@crpm/rpm';
import type { Foresight, OwnRpm, Prospect } from './foresight.js';
import type { ResolverRpm } from './universe.js';

/** What the versions alone tell, whatever is asked for: one complaint per package, naming the first of its RPMs. */
export function compareWithOfficial({ own, official }: Prospect): readonly Foresight[] {
  const byName = new Map<string, ResolverRpm[]>();
  for (const { rpms } of official) for (const rpm of rpms) byName.set(rpm.name, [...(byName.get(rpm.name) ?? []), rpm]);
  const packages = new Map<string, OwnRpm[]>();
  for (const rpm of own) packages.set(rpm.package, [...(packages.get(rpm.package) ?? []), rpm]);
  return [...packages].flatMap(([name, rpms]) => [...equal(name, rpms, byName), ...older(name, rpms, byName)]);
}

type ByName = ReadonlyMap<string, readonly ResolverRpm[]>;

function equal(name: string, own: readonly OwnRpm[], official: ByName): readonly Foresight[] {
  const [first, ...others] = own.filter((rpm) => official.get(rpm.name)?.some((theirs) => sameEvr(rpm, theirs)));
  if (!first) return [];
  return [
    {
      severity: 'warning',
      hazard: 'equal-evr',
      message: `${first.name} ${formatEvr(first)} of ${name}${andMore(others)} has the very version of the distribution's: which of the two KubeVirt takes depends on the version of its resolver`,
      next: 'Set release: stable or unique in the config, so that the build has a version of its own.',
    },
  ];
}

function older(name: string, own: readonly OwnRpm[], official: ByName): readonly Foresight[] {
  const behind = own.flatMap((rpm) => {
    const [newest] = [...(official.get(rpm.name) ?? [])].sort((a, b) => compareEvrBazeldnf(b, a));
    return newest && compareEvrBazeldnf(rpm, newest) < 0 ? [{ rpm, newest }] : [];
  });
  const [first, ...others] = behind;
  if (!first) return [];
  return [
    {
      severity: 'warning',
      hazard: 'older-than-official',
      message: `${first.rpm.name} ${formatEvr(first.rpm)} of ${name}${andMore(others)} is older than the distribution's ${formatEvr(first.newest)}: it is taken only where KubeVirt asks for its version`,
      next: `Build from a spec that is as new as the distribution's, where that matters; else nothing needs to be done.`,
    },
  ];
}

function andMore(others: readonly unknown[]): string {
  return others.length === 0 ? '' : ` (and ${String(others.length)} more)`;
}
