import type { Event, EventNode, Failure, Json, LeftOut } from '@crpm/core';
import type { NodeState } from './node-state.js';

type Started = Extract<Event, { readonly type: 'run-started' }>;
type Ended = Extract<Event, { readonly type: 'run-finished' }>;

/** All that a run tells of one node. Times are milliseconds since the epoch, durations milliseconds. */
export interface NodeRecord extends EventNode {
  readonly state: NodeState;
  readonly started?: number;
  readonly ended?: number;
  readonly ms?: number;
  /** Why it ran: in a line, and each of its reasons. */
  readonly reason?: string;
  readonly reasons?: readonly string[];
  /** The last thing it said it does. */
  readonly status?: string;
  readonly warnings: readonly string[];
  readonly failure?: Failure;
  readonly role?: LeftOut;
  readonly asOf?: string;
  readonly stale?: string;
  readonly data?: Json;
  /** Absolute path. */
  readonly log?: string;
}

function whereKnown<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** A run as its events tell it, as far as they have come. */
export class RunRecord {
  started: Started | undefined;
  ended: Ended | undefined;
  readonly warnings: string[] = [];
  readonly #nodes = new Map<string, NodeRecord>();

  /** In the order of the graph. */
  get nodes(): readonly NodeRecord[] {
    return [...this.#nodes.values()];
  }

  node(id: string): NodeRecord | undefined {
    return this.#nodes.get(id);
  }

  take(event: Event): void {
    switch (event.type) {
      case 'run-started':
        this.started = event;
        for (const node of event.nodes) this.#nodes.set(node.id, { ...node, state: 'waiting', warnings: [] });
        return;
      case 'node-started': {
        const { reasons } = event;
        this.#change(event.node, { state: 'running', started: event.at, reason: event.reason, log: event.log, ...(reasons ? { reasons } : {}) });
        return;
      }
      case 'node-status':
        this.#change(event.node, { status: event.text });
        return;
      case 'node-warning':
        this.#change(event.node, { warnings: [...(this.#nodes.get(event.node)?.warnings ?? []), event.text] });
        return;
      case 'node-finished': {
        const { at, node, outcome, ms, failure, role, asOf, stale, data, log } = event;
        this.#change(node, { state: outcome, ended: at, ms, ...whereKnown({ failure, role, asOf, stale, data, log }) });
        return;
      }
      case 'warning':
        this.warnings.push(event.text);
        return;
      case 'run-finished':
        this.ended = event;
        return;
      case 'node-line':
        return;
    }
  }

  #change(id: string, news: Partial<NodeRecord>): void {
    const node = this.#nodes.get(id);
    if (node) this.#nodes.set(id, { ...node, ...news });
  }
}
