import { customBySha256, sameAddress } from './address.js';
import type { Case } from './case.js';
import type { Complaint } from './evidence.js';
import type { Member, Tree } from './snapshot.js';
import { endsAs } from './trees.js';
import { list } from './words.js';

const RESTORE = 'Restore WORKSPACE and rpm/BUILD.bazel from git, then run again; what changed them is in the log of rpm-deps.';

/** No tree may be lost, and the trees of other streams and architectures are as they were, order aside. */
export function judgeUntouched(of: Case): readonly Complaint[] {
  const lost = [...of.before.trees.keys()].filter((name) => !of.after.trees.has(name));
  const foreign = [...of.after.trees.values()].filter((tree) => !of.judged.has(tree.name));
  return [
    ...(lost.length > 0 ? [{ check: 'lost-tree' as const, message: `rpm/BUILD.bazel lost ${list(lost)}`, next: RESTORE }] : []),
    ...foreign.flatMap((tree) => touchedTree(of, tree)),
    ...touchedTar2Files(of),
  ];
}

function touchedTree(of: Case, tree: Tree): readonly Complaint[] {
  const before = of.before.trees.get(tree.name);
  if (before === undefined) return [touched(`the tree ${tree.name} is new, and this run makes no tree of that name`)];
  const was = labels(before);
  const is = labels(tree);
  const gone = [...was].filter((label) => !is.has(label));
  const come = [...is].filter((label) => !was.has(label));
  if (gone.length + come.length > 0) {
    const changes = [...(come.length > 0 ? [`it now lists ${list(come)}`] : []), ...(gone.length > 0 ? [`it no longer lists ${list(gone)}`] : [])];
    return [touched(`the tree ${tree.name} is not of this run and changed: ${changes.join('; ')}`)];
  }
  const changed = tree.members.filter((member) => ruleChanged(of, member)).map((member) => member.ruleName);
  return changed.length > 0 ? [touched(`the tree ${tree.name} is not of this run, and its rules changed: ${list(changed)}`)] : [];
}

function labels(tree: Tree): ReadonlySet<string> {
  return new Set([...tree.members.map((member) => member.ruleName), ...tree.others]);
}

/** The address of an RPM of ours may follow its server, whichever tree it is in. A rule that a tree of this run shares is judged there. */
function ruleChanged(of: Case, { ruleName, rule }: Member): boolean {
  const before = of.before.rules.get(ruleName);
  if (before?.sha256 === rule?.sha256 && before?.urls.join('\n') === rule?.urls.join('\n')) return false;
  const shared = [...of.judged].some((tree) => of.after.trees.get(tree)?.members.some((member) => member.ruleName === ruleName));
  if (shared) return false;
  const moved = customBySha256(of.evidence.custom).get(rule?.sha256 ?? '')?.some((rpm) => sameAddress(rule?.urls[0], rpm.url)) ?? false;
  return before?.sha256 !== rule?.sha256 || !moved;
}

function touchedTar2Files(of: Case): readonly Complaint[] {
  const names = new Set([...of.before.tar2files.keys(), ...of.after.tar2files.keys()]);
  const changed = [...names].filter(
    (name) => !of.scopes.some((scope) => endsAs(name, scope)) && of.before.tar2files.get(name) !== of.after.tar2files.get(name),
  );
  return changed.length > 0 ? [touched(`tar2files rules that are not of this run changed: ${list(changed)}`)] : [];
}

function touched(message: string): Complaint {
  return { check: 'touched', message: `rpm/BUILD.bazel: ${message}`, next: RESTORE };
}
