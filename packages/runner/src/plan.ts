import { unreachable } from '@crpm/core';
import type { Difference } from './difference.js';
import { lastTime, type OtherWay } from './last-time.js';
import type { PlanOptions } from './options.js';
import { formatReason } from './reason.js';
import { survey, type Surveyed } from './survey.js';

export interface PlanEntry {
  readonly node: string;
  /** Nodes of one layer can run at the same time; from 0. */
  readonly layer: number;
  readonly action:
    | 'fresh'
    | 'run'
    /** Something it needs will run; it runs if that comes out different. */
    | 'may-run'
    /** An equal result was made before and comes back from the store; with `from`, from the one that a team shares. */
    | 'restore'
    /** Left out by `--only`; its last result is used. */
    | 'as-is'
    /** Left out by `--skip`; its last result is used. */
    | 'skipped'
    /** Left out, and it never had a result; with `--only` it runs first if what needs it runs. */
    | 'absent';
  /** {@link differences} in a line. */
  readonly reason: string;
  /** All that keeps its last result from standing; of one that may run, the needs that it waits for. */
  readonly differences: readonly Difference[];
  /** How long it took when it last ran, milliseconds; of one that will run or may, in the way that it is expected to. */
  readonly lastMs?: number;
  /** Of one that never ran that way: how long the other one took. */
  readonly otherWay?: OtherWay;
  /** When the result was made that stands in, or comes back; ISO 8601. */
  readonly asOf?: string;
  /** Of one that comes from the store that a team shares: the manifest that it is there. */
  readonly from?: string;
  /** Of one that has no result here and waits for others: the store has results that may turn out to be what it would make. */
  readonly mayRestore?: true;
}

/**
 * What a run would do, and why, in the order in which it could. Only reads, starts no program, opens no engine. A node whose inputs
 * can't be told is listed as one that runs, with the reason why they can't: the run will fail there.
 */
export async function plan(options: PlanOptions): Promise<readonly PlanEntry[]> {
  return (await survey(options)).map(toEntry);
}

export function toEntry({ node, kind, layer, role, last, mayRestore, decision }: Surveyed): PlanEntry {
  const common = { node: node.id, layer, ...(last ? { lastMs: last.ms } : {}) };
  switch (decision.action) {
    case 'fresh':
      return { ...common, action: 'fresh', reason: UNCHANGED, differences: [] };
    case 'stand-in':
      return { ...common, action: role === 'skipped' ? 'skipped' : 'as-is', reason: formatReason(decision.stale.filter(({ what }) => what !== 'skipped')) || formatReason(decision.stale) || UNCHANGED, differences: decision.stale, asOf: decision.record.at };
    case 'restore':
      return { ...common, ...told(decision), lastMs: decision.record.ms, asOf: decision.record.at, ...(decision.remote ? { from: decision.remote.from } : {}) };
    case 'run':
    case 'may-run':
    case 'absent':
      return { node: node.id, layer, ...lastTime(kind, last), ...told(decision), ...(mayRestore ? { mayRestore } : {}) };
    default:
      return unreachable(decision);
  }
}

const UNCHANGED = 'nothing it depends on changed';

function told<A extends string>({ action, why }: { readonly action: A; readonly why: readonly Difference[] }) {
  const reason = action === 'absent' && why[0]?.what === 'first-run' ? 'it never had a result' : formatReason(why);
  return { action, reason, differences: why };
}
