import { screenText, type Event, type LeftOut, type NodeOutcome } from '@crpm/core';
import { hear } from './live-phase.js';
import { progressLine, wholeSeconds } from './live-progress.js';
import { formatDuration, outcomeWord } from './words.js';

/** What the live view knows of one node. */
export interface LiveNode {
  readonly id: string;
  readonly needs: readonly string[];
  /** The package that it is of. */
  readonly group?: string;
  /** Milliseconds it took when it last ran. */
  readonly lastMs?: number;
  state: 'waiting' | 'running' | NodeOutcome;
  role?: LeftOut;
  /** Monotonic milliseconds at which it started. */
  started: number;
  /** Milliseconds it took, once it ended. */
  took: number;
  /** The last thing it said that says something, safe for a screen. */
  line: string;
  /** Where its program is: `%build`; empty: nothing is known. */
  phase: string;
  /** How far it is in that: `412/1380`. */
  steps: string;
  /** Its last lines of output, safe for a screen. */
  readonly lines: string[];
  /** How many lines it has written; {@link lines} are the last of them. */
  said: number;
  /** Monotonic milliseconds at which the last of them came. */
  heard: number;
}

/** Lines of a node that are remembered at least, for who scrolls back in them. */
const REMEMBERED = 1000;

/** The state of a run as a screen needs it. Pure but for the clock it is given. */
export class LiveModel {
  readonly nodes = new Map<string, LiveNode>();
  readonly #now: () => number;
  #began = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  take(event: Event): void {
    switch (event.type) {
      case 'run-started':
        this.#began = this.#now();
        for (const { id, needs, group, lastMs } of event.nodes) this.nodes.set(id, { id, needs, ...(group === undefined ? {} : { group }), ...(lastMs === undefined ? {} : { lastMs }), state: 'waiting', started: 0, took: 0, line: '', phase: '', steps: '', lines: [], said: 0, heard: 0 });
        return;
      case 'node-started':
        this.#change(event.node, { state: 'running', started: this.#now(), line: event.reason });
        return;
      case 'node-line':
      case 'node-status': {
        const line = screenText(event.text);
        const { phase, noise, steps } = event.type === 'node-status' ? { phase: '' } : hear(line);
        if (phase !== undefined) this.#change(event.node, { phase, steps: '' });
        if (steps !== undefined) this.#change(event.node, { steps });
        if (line.trim() !== '' && !noise) this.#change(event.node, { line, ...(this.nodes.get(event.node)?.state === 'waiting' ? { state: 'running', started: this.#now() } : {}) });
        if (event.type === 'node-line') this.#hear(event.node, line);
        return;
      }
      case 'node-finished':
        this.#change(event.node, { state: event.outcome, took: event.ms, line: '', ...(event.role ? { role: event.role } : {}) });
        return;
      case 'node-warning':
      case 'warning':
      case 'run-finished':
        return;
    }
  }

  /** `libvirt.rpmbuild  12.3s of about 40s  %build 412/1380`, `createrepo  fresh`, `serve`. */
  title(node: LiveNode): string {
    switch (node.state) {
      case 'waiting':
        return node.id;
      case 'running':
        return `${node.id}  ${elapsed(this.#now() - node.started, node.lastMs)}${[' ', node.phase, node.steps].filter(Boolean).join(' ').trimEnd()}`;
      default:
        return `${node.id}  ${outcomeWord(node.state, node.role)}${node.took > 0 ? ` ${formatDuration(node.took)}` : ''}`;
    }
  }

  /** How far the run is. */
  progress(): string {
    return progressLine(this.nodes, { now: this.#now(), began: this.#began });
  }

  #hear(id: string, line: string): void {
    const node = this.nodes.get(id);
    if (!node) return;
    node.heard = this.#now();
    node.said++;
    node.lines.push(line);
    if (node.lines.length > 2 * REMEMBERED) node.lines.splice(0, REMEMBERED);
  }

  #change(id: string, change: Partial<LiveNode>): void {
    const node = this.nodes.get(id);
    if (node) Object.assign(node, change);
  }
}

/** A node that took less than this, in milliseconds, is not worth an estimate. */
const SHORT = 1000;

/** How long it has run, and how long it is expected to by the last time; once it is over that, what that was. */
function elapsed(ms: number, lastMs = 0): string {
  if (lastMs < SHORT) return formatDuration(ms);
  return ms < lastMs ? `${formatDuration(ms)} of about ${wholeSeconds(lastMs)}` : `${formatDuration(ms)} (${wholeSeconds(lastMs)} the last time)`;
}
