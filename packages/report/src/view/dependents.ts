import type { NodeRecord } from '../run-record.js';

/** The nodes that need one directly. */
export function dependents(nodes: readonly NodeRecord[], id: string): readonly string[] {
  return nodes.filter(({ needs }) => needs.includes(id)).map((node) => node.id);
}
