import type { Case } from './case.js';
import type { Moved } from './evidence.js';
import type { Snapshot } from './snapshot.js';

/** The packages, not built here, whose EVRs in judged trees are others than before: side effects of asking the mirrors again. By name. */
export function findMoved(of: Case): readonly Moved[] {
  const custom = new Set(of.custom.map((rpm) => rpm.name));
  const found = new Map<string, { before: Set<string>; after: Set<string>; trees: string[] }>();
  for (const tree of of.judged) {
    const was = evrsByName(of.before, tree);
    const is = evrsByName(of.after, tree);
    for (const name of new Set([...was.keys(), ...is.keys()])) {
      const before = was.get(name) ?? [];
      const after = is.get(name) ?? [];
      if (custom.has(name) || before.join() === after.join()) continue;
      const entry = found.get(name) ?? { before: new Set(), after: new Set(), trees: [] };
      for (const evr of before) entry.before.add(evr);
      for (const evr of after) entry.after.add(evr);
      entry.trees.push(tree);
      found.set(name, entry);
    }
  }
  return [...found]
    .map(([name, { before, after, trees }]) => ({ name, before: [...before].sort(), after: [...after].sort(), trees }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function evrsByName(snapshot: Snapshot, tree: string): ReadonlyMap<string, readonly string[]> {
  const result = new Map<string, string[]>();
  for (const { name, evr } of snapshot.trees.get(tree)?.members ?? []) result.set(name, [...(result.get(name) ?? []), evr].sort());
  return result;
}
