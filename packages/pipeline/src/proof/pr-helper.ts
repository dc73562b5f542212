import { scopeOf, treesFor, wordFor, type Case } from './case.js';
import type { Complaint } from './evidence.js';
import { membersNamed } from './snapshot.js';

const HELPER = 'qemu-pr-helper';
const CORE = 'qemu-kvm-core';

/**
 * qemu-pr-helper and qemu-kvm-core talk to each other and come from one spec, yet KubeVirt's script pins only the latter: the former takes whatever is
 * newest anywhere.
 */
export function judgePrHelper(of: Case): readonly Complaint[] {
  if (of.evidence.allowOfficial.includes(HELPER)) return [];
  const ours = of.custom.filter((rpm) => rpm.name === HELPER || rpm.name === CORE);
  const waiting = new Set(ours.map((rpm) => wordFor(of, scopeOf(rpm))));
  return ours.flatMap((rpm): Complaint[] => {
    const word = wordFor(of, scopeOf(rpm));
    if (!waiting.delete(word)) return [];
    const evrsOf = (name: string) => [...new Set(treesFor(of, rpm).flatMap((tree) => membersNamed(of.after, tree, name).map((member) => member.evr)))];
    const helper = evrsOf(HELPER);
    const core = evrsOf(CORE);
    if (helper.length === 0 || core.length === 0 || helper.every((evr) => core.length === 1 && evr === core[0])) return [];
    return [
      {
        check: 'pr-helper',
        message: `${word}: ${HELPER} is ${helper.join(' and ')}, ${CORE} is ${core.join(' and ')}; they must be of one build`,
        next: `Build ${HELPER} with the rest of QEMU and let rpm-deps ask for it by version.`,
      },
    ];
  });
}
