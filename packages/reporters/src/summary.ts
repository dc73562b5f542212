import type { Event, Failure, Json, LeftOut, NodeOutcome } from '@crpm/core';
import { formatCcache } from './ccache.js';
import { palette, paintOutcome, type Palette } from './colour.js';
import { formatFailure } from './failure.js';
import type { Screen } from './reporter.js';
import { count, formatAge, formatDuration, outcomeWord } from './words.js';
import { widthOf, wrap } from './wrap.js';

interface Row {
  readonly node: string;
  readonly outcome: NodeOutcome;
  readonly ms: number;
  /** When it ended, milliseconds since the epoch. */
  readonly at: number;
  readonly role?: LeftOut;
  readonly asOf?: string;
  readonly stale?: string;
  readonly failure?: Failure;
  readonly log?: string;
  readonly data?: Json;
  readonly shared?: { readonly savedMs: number };
}

/** Collects what the summary of a run tells: each node's outcome and time, warnings, failures. */
export class Summary {
  readonly #width: number | undefined;
  #order: readonly string[] = [];
  readonly #rows = new Map<string, Row>();
  readonly #warnings: string[] = [];
  #ms = 0;

  /** `screen`: where it will stand; prose is broken to fit a terminal. */
  constructor(screen?: Screen) {
    this.#width = screen && widthOf(screen);
  }

  take(event: Event): void {
    switch (event.type) {
      case 'run-started':
        this.#order = event.nodes.map((node) => node.id);
        return;
      case 'node-warning':
        this.#warn(`${event.node}: ${event.text}`);
        return;
      case 'warning':
        this.#warn(event.text);
        return;
      case 'node-finished':
        this.#rows.set(event.node, event);
        return;
      case 'run-finished':
        this.#ms = event.ms;
        return;
      case 'node-started':
      case 'node-line':
      case 'node-status':
        return;
    }
  }

  /** The whole summary, ended by a newline. Nodes in the order of the graph. */
  format(colours: Palette = palette(false)): string {
    const rows = this.#order.flatMap((id) => this.#rows.get(id) ?? []);
    const blocks = [table(rows, colours), this.#formatWarnings(colours), ...failures(rows, colours, this.#width), totals(rows, this.#ms) + compilerCache(rows) + sharedStore(rows)];
    return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
  }

  #formatWarnings(colours: Palette): string {
    if (this.#warnings.length === 0) return '';
    return [colours.caution(count(this.#warnings.length, 'warning')), ...this.#warnings.map((text) => `  ${wrap(text, { width: this.#width, first: 2, indent: 4 })}`)].join('\n');
  }

  /** The same words twice help nobody. */
  #warn(text: string): void {
    if (!this.#warnings.includes(text)) this.#warnings.push(text);
  }
}

function table(rows: readonly Row[], colours: Palette): string {
  if (rows.length === 0) return '';
  const nameWidth = Math.max(...rows.map((row) => row.node.length), 'node'.length);
  const outcomeWidth = 'cancelled'.length;
  const timeWidth = 6;
  const head = `${'node'.padEnd(nameWidth)}  ${'outcome'.padEnd(outcomeWidth)}  ${'time'.padStart(timeWidth)}`;
  const body = rows.map((row) => {
    const { node, outcome, ms, role } = row;
    const took = ms > 0 ? formatDuration(ms) : '-';
    return `${node.padEnd(nameWidth)}  ${paintOutcome(colours, outcome, outcomeWord(outcome, role).padEnd(outcomeWidth))}  ${took.padStart(timeWidth)}${remark(row)}`;
  });
  return [colours.faint(head), ...body].join('\n');
}

/** Of a node that was left out: whether its result is what a run would give, or whether there is none. */
function remark({ outcome, role, at, asOf, stale }: Row): string {
  if (role === 'skipped' && outcome === 'not-run') return '  no result';
  return stale === undefined || asOf === undefined ? '' : `  stale, ${formatAge(at - Date.parse(asOf))} old`;
}

function failures(rows: readonly Row[], colours: Palette, width: number | undefined): readonly string[] {
  return rows.flatMap((row) => (row.failure && row.outcome === 'failed' ? [formatFailure(row.failure, { ...row, width }, colours)] : []));
}

/** Of the builds of this run only: a result that is fresh tells of an earlier one. */
function compilerCache(rows: readonly Row[]): string {
  const line = formatCcache(rows.flatMap((row) => (row.outcome === 'ran' ? [row.data] : [])));
  return line === '' ? '' : `\n${line}`;
}

/** What a team's store gave, and what that was worth. */
function sharedStore(rows: readonly Row[]): string {
  const saved = rows.flatMap(({ shared }) => (shared ? [shared.savedMs] : []));
  if (saved.length === 0) return '';
  const ms = saved.reduce((sum, one) => sum + one, 0);
  return `\n${count(saved.length, 'result')} from the shared store${ms > 0 ? `: ${formatDuration(ms)} saved` : ''}`;
}

/** In this order, however the rows are. */
const WORDS = ['ran', 'restored', 'fresh', 'as it is', 'skipped', 'failed', 'cancelled', 'not run'];

function totals(rows: readonly Row[], ms: number): string {
  const words = rows.map(({ outcome, role }) => outcomeWord(outcome, role));
  const parts = WORDS.flatMap((word) => {
    const number = words.filter((one) => one === word).length;
    return number === 0 ? [] : [`${number} ${word}`];
  });
  return `${count(rows.length, 'node')}: ${parts.join(', ') || 'nothing to do'}; ${formatDuration(ms)}`;
}
