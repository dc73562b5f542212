import { ruleNameToNevra, type RpmRule } from '@crpm/rpm';
import type { CustomRpm } from './evidence.js';

/** Whether two addresses name the same file: bazeldnf writes `%5E` for the `^` of a version and leaves `~` and `+` alone. */
export function sameAddress(a: string | undefined, b: string): boolean {
  return a !== undefined && decoded(a) === decoded(b);
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

/** The one of some RPMs with the same bytes that a rule means: a noarch RPM is served once for each architecture, and its rule's name mostly tells for which. */
export function servedFor(rule: Pick<RpmRule, 'name'>, candidates: readonly CustomRpm[]): CustomRpm | undefined {
  const arch = ruleNameToNevra(rule.name)?.arch;
  return candidates.find((rpm) => rpm.forArch === arch) ?? candidates[0];
}

/** By digest: the RPMs with these bytes. A noarch RPM may be served at one address for each architecture. */
export function customBySha256(custom: readonly CustomRpm[]): ReadonlyMap<string, readonly CustomRpm[]> {
  const result = new Map<string, CustomRpm[]>();
  for (const rpm of custom) {
    const list = result.get(rpm.sha256);
    if (list) list.push(rpm);
    else result.set(rpm.sha256, [rpm]);
  }
  return result;
}
