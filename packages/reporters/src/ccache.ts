import type { Json } from '@crpm/core';

/** What a compiler cache did for one build. */
interface CcacheUse {
  readonly hits: number;
  readonly misses: number;
}

/** What the compiler cache did for all builds that tell of it in their facts, `ccache: 297 of 300 compilations were there already (99%)`; empty if none does. */
export function formatCcache(facts: readonly (Json | undefined)[]): string {
  const uses = facts.flatMap((data) => useOf(data) ?? []);
  const hits = uses.reduce((sum, use) => sum + use.hits, 0);
  const all = hits + uses.reduce((sum, use) => sum + use.misses, 0);
  return all === 0 ? '' : `ccache: ${hits} of ${all} compilations were there already (${Math.floor((hits * 100) / all)}%)`;
}

/** Faces know no kinds of nodes: whoever reports `here.ccache` with two numbers has used one. */
function useOf(data: Json | undefined): CcacheUse | undefined {
  const { hits, misses } = (data as { readonly here?: { readonly ccache?: Partial<CcacheUse> } } | null | undefined)?.here?.ccache ?? {};
  return typeof hits === 'number' && typeof misses === 'number' ? { hits, misses } : undefined;
}
