import { formatNevra, parseWorkspaceRpms, rewriteRpmRules } from '@crpm/rpm';
import { hashText } from '@crpm/state';
import { servedFor, type CustomRpm } from '../proof/index.js';
import type { Made } from './ask-script.js';
import type { CustomRepository } from './custom-rpms.js';
import type { Landed, LandedRpm } from './landed.js';
import type { Yielded } from './yielded-files.js';

/** What is to be brought in, and where it would go. */
export interface Swap {
  /** What rpm-deps brought in last. */
  readonly landed: Landed | undefined;
  readonly question: string;
  /** Both files of the user's tree. */
  readonly current: Yielded;
  /** What the repository holds now; absent where its files are not here to be looked into. */
  readonly rpms: readonly LandedRpm[] | undefined;
  readonly repositories: readonly CustomRepository[];
}

/** `changed`: RPMs that have other bytes. `why`: only the resolver can tell what comes of it. */
export type Swapped = (Made & { readonly changed: number }) | { readonly why: string };

/**
 * Where nothing changed but the bytes of RPMs, the resolver would choose the same again: then the sha256 and the address of their `rpm()` rules are all
 * there is to change. Everything else it must be asked about.
 */
export function hotSwap({ landed, question, current, rpms, repositories }: Swap): Swapped {
  if (!landed) return { why: 'rpm-deps has not run here yet' };
  if (!rpms) return { why: 'the repository is served by somebody else' };
  if (landed.question !== question) return { why: 'the config or the scripts of the KubeVirt tree changed' };
  if (hashText(current.WORKSPACE) !== landed.workspace) return { why: 'WORKSPACE is not what rpm-deps wrote' };
  if (hashText(current['rpm/BUILD.bazel']) !== landed.build) return { why: 'rpm/BUILD.bazel is not what rpm-deps wrote' };
  const why = otherThanBytes(landed.rpms, rpms);
  if (why !== undefined) return { why };

  const now = new Map(repositories.flatMap((repository) => repository.rpms).map((rpm) => [`${rpm.forStream} ${rpm.forArch} ${formatNevra(rpm)}`, rpm]));
  const successors = new Map<string, CustomRpm[]>();
  for (const old of landed.rpms) {
    const rpm = now.get(keyOf(old));
    if (rpm && rpm.sha256 !== old.sha256) successors.set(old.sha256, [...(successors.get(old.sha256) ?? []), rpm]);
  }
  const changes = parseWorkspaceRpms(current.WORKSPACE).flatMap((rule) => {
    const rpm = servedFor(rule, successors.get(rule.sha256) ?? []);
    return rpm ? [{ rule, sha256: rpm.sha256, urls: [rpm.url] }] : [];
  });
  const changed = [...successors.values()].reduce((sum, rpms) => sum + rpms.length, 0);
  return { changed, resolver: landed.resolver, after: { ...current, WORKSPACE: rewriteRpmRules(current.WORKSPACE, changes) } };
}

function keyOf({ stream, arch, nevra }: LandedRpm): string {
  return `${stream} ${arch} ${nevra}`;
}

function otherThanBytes(before: readonly LandedRpm[], now: readonly LandedRpm[]): string | undefined {
  const known = new Map(before.map((rpm) => [keyOf(rpm), rpm]));
  for (const rpm of now) {
    const old = known.get(keyOf(rpm));
    if (!old) return `${rpm.nevra} was not in the repository`;
    if (old.shape !== rpm.shape) return `${rpm.nevra} requires, provides or holds other things than before`;
    known.delete(keyOf(rpm));
  }
  const [gone] = known.values();
  return gone && `${gone.nevra} is no longer in the repository`;
}
