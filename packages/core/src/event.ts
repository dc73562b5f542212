import type { Failure } from './failure.js';
import type { Json } from './graph.js';
import type { Role } from './select.js';

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

/** Parts in a run that a node has which does not take part itself. */
export type LeftOut = Extract<Role, 'as-is' | 'skipped'>;

/** One thing that happened. Every face and every recorded run reads these and nothing else; `schemas/event.schema.json` is the same for others. `at` is milliseconds since the epoch. */
export type Event =
  | { readonly type: 'run-started'; readonly at: number; readonly run: string; readonly nodes: readonly EventNode[]; readonly logs: string; readonly environment?: Readonly<Record<string, string>> }
  | {
      readonly type: 'node-started';
      readonly at: number;
      readonly node: string;
      readonly reason: string;
      readonly reasons?: readonly string[];
      /** It runs for nothing but what its needs gave; absent: for something of its own as well. */
      readonly cause?: 'needs';
      readonly log: string;
    }
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
      /** Left out by `--only` (as-is) or `--skip`: `fresh` means then that its last result was used as it stands, and nobody says that it holds. */
      readonly role?: LeftOut;
      /** When the result was made that stands in for one that is left out; ISO 8601. */
      readonly asOf?: string;
      /** Why a run would not leave that result as it is, for people. */
      readonly stale?: string;
      /** Of one that came from the store that a team shares: which manifest it was there, and how much longer making it took than getting it, milliseconds. */
      readonly shared?: { readonly from: string; readonly savedMs: number };
      /** What the node reported, when it has a result. */
      readonly data?: Json;
      readonly log?: string;
    }
  /** About the run as a whole: a stale result used, a recovered journal. */
  | { readonly type: 'warning'; readonly at: number; readonly text: string }
  | { readonly type: 'run-finished'; readonly at: number; readonly run: string; readonly ms: number; readonly exitCode: number; readonly counts: Readonly<Record<NodeOutcome, number>>; readonly engine?: string };

export interface EventNode {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly group?: string;
  readonly needs: readonly string[];
  /** Milliseconds it took when it last ran in the way that it is expected to now (an incremental build after incremental ones); absent: it never did. */
  readonly lastMs?: number;
}

/** A face, a recorder, an exit code: all are sinks of events. */
export type EventSink = (event: Event) => void;
