import type { Failure } from './failure.js';
import type { Json } from './graph.js';

/** How a node ended in a run. */
export type NodeOutcome =
  /** It ran and succeeded. */
  | 'ran'
  /** Nothing it depends on changed; the recorded result stands. */
  | 'fresh'
  /** Its outputs came back from the store without running. */
  | 'restored'
  | 'failed'
  /** Something it needs failed, or the run was stopped before its turn. */
  | 'not-run'
  | 'cancelled';

/** One thing that happened. Every face and every recorded run reads these and nothing else; `schemas/event.schema.json` is the same for others. `at` is milliseconds since the epoch. */
export type Event =
  | { readonly type: 'run-started'; readonly at: number; readonly run: string; readonly nodes: readonly EventNode[]; readonly logs: string }
  | { readonly type: 'node-started'; readonly at: number; readonly node: string; readonly reason: string; readonly log: string }
  | { readonly type: 'node-line'; readonly at: number; readonly node: string; readonly text: string }
  | { readonly type: 'node-status'; readonly at: number; readonly node: string; readonly text: string }
  | { readonly type: 'node-warning'; readonly at: number; readonly node: string; readonly text: string }
  | {
      readonly type: 'node-finished';
      readonly at: number;
      readonly node: string;
      readonly outcome: NodeOutcome;
      /** Milliseconds, from the monotonic clock; 0 when it did not run. */
      readonly ms: number;
      readonly failure?: Failure;
      /** What the node reported, when it has a result. */
      readonly data?: Json;
      readonly log?: string;
    }
  /** About the run as a whole: a stale result used, a recovered journal. */
  | { readonly type: 'warning'; readonly at: number; readonly text: string }
  | { readonly type: 'run-finished'; readonly at: number; readonly run: string; readonly ms: number; readonly exitCode: number; readonly counts: Readonly<Record<NodeOutcome, number>> };

export interface EventNode {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly group?: string;
  readonly needs: readonly string[];
  /** Milliseconds it took when it last ran; absent: it never did. */
  readonly lastMs?: number;
}

/** A face, a recorder, an exit code: all are sinks of events. */
export type EventSink = (event: Event) => void;
