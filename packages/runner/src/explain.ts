import { select, type Input, type Json } from '@crpm/core';
import { fingerprintOf, recordable } from './fingerprint.js';
import type { PlanOptions } from './options.js';
import { toEntry, type PlanEntry } from './plan.js';
import { survey, type Surveyed } from './survey.js';

/** All that is known of what a run would do with a node. */
export interface Explanation extends PlanEntry {
  readonly kind: string;
  /** All that its result depends on now, as the fingerprint has it; absent where nobody looks, or it can't be told. */
  readonly inputs?: readonly Input[];
  /** Of {@link inputs}. */
  readonly fingerprint?: string;
  /** What becomes of its needs. */
  readonly needs: readonly Pick<PlanEntry, 'node' | 'action' | 'reason'>[];
  /** The last good run. */
  readonly last?: LastRun;
}

export interface LastRun {
  readonly run: string;
  /** ISO 8601 */
  readonly at: string;
  /** Milliseconds. */
  readonly ms: number;
  readonly fingerprint: string;
  readonly inputs: readonly Input[];
  /** The manifest in the shared store that its result came from; absent: it was made on this machine. */
  readonly from?: string;
  /** Relative to the result's folder. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly digest: string }[];
  readonly data: Json;
}

/** What a run would do with one node of the graph and why, at full length, from the same look at things as {@link plan}. Only reads. */
export async function explain(options: PlanOptions, id: string): Promise<Explanation> {
  const part = select(options.graph, { targets: [], only: [id], skip: [], from: [], force: false });
  if (!part.ok) throw new Error(`${id} is not in the graph`);
  const nodes = new Map((await survey({ ...options, graph: part.value.graph })).map((one) => [one.node.id, one]));
  const surveyed = nodes.get(id);
  if (!surveyed) throw new Error(`${id} is not in the graph`);
  const { node, last, decision } = surveyed;
  const inputs = 'inputs' in decision && decision.inputs && decision.inputs.length > 0 ? recordable(decision.inputs) : undefined;
  return {
    ...toEntry(surveyed),
    kind: node.kind,
    ...(inputs ? { inputs, fingerprint: fingerprintOf(inputs) } : {}),
    needs: node.needs.flatMap((need) => {
      const one = nodes.get(need);
      return one ? [shortOf(one)] : [];
    }),
    ...(last ? { last: { run: last.run, at: last.at, ms: last.ms, fingerprint: last.fingerprint, inputs: last.inputs, ...(last.from === undefined ? {} : { from: last.from }), files: last.output.files.map(({ path, size, digest }) => ({ path, size, digest })), data: last.output.data } } : {}),
  };
}

function shortOf(surveyed: Surveyed): Explanation['needs'][number] {
  const { node, action, reason } = toEntry(surveyed);
  return { node, action, reason };
}
