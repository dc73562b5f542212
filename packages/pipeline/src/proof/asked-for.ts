import { isIn, type Case, type Scope } from './case.js';
import type { Complaint } from './evidence.js';
import { scopeName } from './trees.js';
import { list } from './words.js';

/** The names that KubeVirt's script asks for by the version of a package of ours, and that this package did not make. */
export function namesNotMade(of: Case, scope: Scope): ReadonlySet<string> {
  const built = new Set(of.custom.filter((rpm) => isIn(rpm, scope)).map((rpm) => rpm.name));
  return new Set((of.evidence.pinned[scopeName(scope)] ?? []).filter((name) => !built.has(name) && !of.evidence.allowOfficial.includes(name)));
}

/**
 * Where a package made none of the RPMs that the script pins with its variable, no version can be asked for, and the official RPM comes in: of our source package, and
 * not of our build. Nothing but its name tells so.
 */
export function judgeAskedFor(of: Case): readonly Complaint[] {
  const found = new Map<string, { readonly name: string; readonly evr: string; readonly trees: string[] }>();
  for (const scope of of.scopes) {
    const missing = namesNotMade(of, scope);
    for (const tree of scope.trees) {
      for (const { ruleName, name, evr } of of.after.trees.get(tree)?.members ?? []) {
        if (!missing.has(name)) continue;
        const entry = found.get(ruleName) ?? { name, evr, trees: [] };
        entry.trees.push(tree);
        found.set(ruleName, entry);
      }
    }
  }
  return [...found.values()].map(({ name, evr, trees }) => ({
    check: 'not-built',
    message: `${list(trees)}: ${name} ${evr} is an official RPM, and hack/rpm-deps.sh asks for ${name} by the version of a package that was built`,
    next: `Build that RPM too (was it left out by a --without?), or allow it: rpmDeps.allowOfficial: [${name}].`,
  }));
}
