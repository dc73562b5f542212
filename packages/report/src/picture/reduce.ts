/** A node with what it needs, by id. */
export interface Needy {
  readonly id: string;
  readonly needs: readonly string[];
}

/** For each node the needs that no other of its needs implies: the picture says the same with far fewer arrows. The graph has no cycle. */
export function withoutImplied(nodes: readonly Needy[]): ReadonlyMap<string, readonly string[]> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const known = new Map<string, ReadonlySet<string>>();
  /** All that must be there before a node. */
  const before = (id: string): ReadonlySet<string> => {
    const found = known.get(id);
    if (found) return found;
    const all = new Set<string>();
    for (const need of byId.get(id)?.needs ?? []) {
      if (!byId.has(need)) continue;
      all.add(need);
      for (const further of before(need)) all.add(further);
    }
    known.set(id, all);
    return all;
  };
  return new Map(
    nodes.map(({ id, needs }) => {
      const there = [...new Set(needs)].filter((need) => byId.has(need));
      return [id, there.filter((need) => !there.some((other) => other !== need && before(other).has(need)))];
    }),
  );
}
