import type { Engine, EventSink, Failure, Graph, NodeKind, NodeOutcome, NodeOutput, Role, WorkspacePaths } from '@crpm/core';
import type { Fs, Lock, OpenRemote } from '@crpm/state';
import type { Total } from './budget.js';
import type { Difference } from './difference.js';
import type { Queue } from './scheduler.js';

/** What plan and run both need to know. */
export interface PlanOptions {
  readonly graph: Graph;
  /** The part of each node of the graph; one that is not named is `normal`. */
  readonly roles: ReadonlyMap<string, Role>;
  /** By name; has every kind that the graph names. */
  readonly kinds: ReadonlyMap<string, NodeKind>;
  readonly workspace: WorkspacePaths;
  readonly signal: AbortSignal;
  /** Where results may come from that others made; opened when the first node could use one. */
  readonly openRemote?: OpenRemote;
  /** Default: the disk. */
  readonly fs?: Fs;
}

export interface RunOptions extends PlanOptions {
  /** The workspace's lock (`lockFileOf`), held: what a run writes is safe only under it. */
  readonly lock: Lock;
  /** Called at most once, when the first node needs the engine; the run closes it. */
  readonly openEngine: () => Promise<Engine>;
  readonly events: EventSink;
  /** Nodes at the same time. */
  readonly jobs: number;
  /** After a failure, run all that does not need what failed. */
  readonly keepGoing: boolean;
  /** What heavy nodes share. */
  readonly budget: Total;
  /** How long to wait before a node that failed for a passing reason is tried again, milliseconds, for each further try. Default: twice, after 1 and 5 seconds. */
  readonly retryDelays?: readonly number[];
  /** What bounds the nodes at the same time to {@link jobs}. Default: p-queue. */
  readonly queue?: Queue;
  readonly runId: string;
  /** What the run is made with, for its record: names and values for people. */
  readonly environment?: Readonly<Record<string, string>>;
  /** This run's own folder of logs; made if it is not there. `latest` beside it will name it. */
  readonly logsDir: string;
}

/** How a node ended, for whoever needs more than events. */
export interface NodeSummary {
  readonly outcome: NodeOutcome;
  /** Milliseconds; 0 when it did not run. */
  readonly ms: number;
  readonly failure?: Failure;
  readonly output?: NodeOutput;
  /** Absolute path; only of a node that ran. */
  readonly log?: string;
  /** Why its result, which stood in, is not what a run would give. */
  readonly stale?: string;
  /** The same as data: {@link stale} is it in words. */
  readonly staleBy?: readonly Difference[];
}

export interface RunSummary {
  readonly runId: string;
  readonly exitCode: number;
  readonly ms: number;
  readonly counts: Readonly<Record<NodeOutcome, number>>;
  /** In the order of the graph. */
  readonly nodes: ReadonlyMap<string, NodeSummary>;
  /** What the run warned of, and the nodes (`<id>: <text>`); not what {@link NodeSummary.stale} says. */
  readonly warnings: readonly string[];
}
