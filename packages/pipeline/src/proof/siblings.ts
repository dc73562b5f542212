import { formatEvr } from '@crpm/rpm';
import { treesFor, type Case } from './case.js';
import type { Complaint } from './evidence.js';
import { membersNamed } from './snapshot.js';
import { list } from './words.js';

/**
 * An RPM in a tree without the sibling that it requires exactly. Asked for with `--nobest`, as KubeVirt's script does, bazeldnf (seen with v0.99.1) takes such
 * an RPM all the same, leaves out everything it requires, and ends with 0.
 */
export function judgeSiblings(of: Case): readonly Complaint[] {
  return of.custom.flatMap((rpm) =>
    (rpm.missingSiblings ?? []).flatMap((sibling): Complaint[] => {
      const evr = formatEvr(rpm);
      const without = treesFor(of, rpm).filter(
        (tree) => membersNamed(of.after, tree, rpm.name).some((member) => member.rule?.sha256 === rpm.sha256) && !membersNamed(of.after, tree, sibling).some((member) => member.evr === evr),
      );
      if (without.length === 0) return [];
      return [
        {
          check: 'sibling',
          message: `${list(without)}: ${rpm.name} requires ${sibling} = ${evr}, which was not built`,
          next: `Build ${sibling} too (its %files section makes it; was it left out by a --without?), or drop the require.`,
        },
      ];
    }),
  );
}
