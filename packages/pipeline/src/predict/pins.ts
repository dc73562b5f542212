import { compareEvrBazeldnf, formatEvr } from '@crpm/rpm';
import type { Finding, Prospect } from './foresight.js';
import type { ResolverRpm, Universe } from './universe.js';

/** `passt` of `passt-0:1-1.el9`, or a name alone. */
export function nameOf(request: string): string {
  return /^(.+?)-\d+:/.exec(request)?.[1] ?? request;
}

/** A request that no repository has an RPM for: the newest that there is, and the line that asks for it. */
export function rottenPin({ pins }: Prospect, universe: Universe, request: string): Omit<Finding, 'tree'> {
  const name = nameOf(request);
  const newest = newestOf(universe, [name]);
  const [variable, together] = Object.entries(pins).find(([, names]) => names.includes(name)) ?? [];
  // All that one variable pins must be there in one version.
  const all = together && newestOf(universe, together);
  const common = { severity: 'error', hazard: 'rotten-pin' } as const;
  if (!newest) return { ...common, what: `asks for ${request}, but no repository has any ${name}`, next: `Look into hack/rpm-deps.sh, where ${name} is asked for.` };
  return {
    ...common,
    what: `asks for ${request}, which is no longer in any repository; the newest ${name} is ${formatEvr(newest)}`,
    next:
      variable === undefined
        ? `Correct the version of ${name} in hack/rpm-deps.sh.`
        : `Set rpmDeps.versions: { ${variable}: ${formatEvr(all ?? newest)} } in the config, or update the KubeVirt tree.`,
  };
}

/** The newest version that all of these names have. */
function newestOf(universe: Universe, names: readonly string[]): ResolverRpm | undefined {
  const [first = [], ...others] = names.map((name) => universe.named(name).map(({ rpm }) => rpm));
  const inAll = first.filter((rpm) => others.every((list) => list.some((other) => formatEvr(other) === formatEvr(rpm))));
  return [...inAll].sort((a, b) => compareEvrBazeldnf(b, a))[0];
}
