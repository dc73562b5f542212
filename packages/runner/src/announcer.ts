import { basename, dirname, join } from 'node:path';
import { screenText, type Event, type EventSink, type GraphNode, type NodeOutcome, type NodeReporter } from '@crpm/core';
import { swapSymlink, type Fs } from '@crpm/state';
import { LogWriter } from './log-writer.js';
import { logFileName } from './names.js';

/** Lines kept of each running node, to show if it fails. */
const TAIL = 10;

/** Reasons recorded of a node: the first commit of a tree may change thousands of files. */
const REASONS = 200;

/** Why a node runs: in a line, and each reason in its own words. */
interface Why {
  readonly reason: string;
  readonly reasons: readonly string[];
  readonly cause?: 'needs';
}

/** What there is to tell of a node's end. */
type Details = Omit<Extract<Event, { readonly type: 'node-finished' }>, 'type' | 'at' | 'node' | 'outcome'>;

/** The voice of one node while it runs. */
export interface NodeVoice {
  readonly report: NodeReporter;
  readonly log: string;
  /** The last lines of output. */
  tail(): readonly string[];
  close(): void;
}

/**
 * Tells a run's story: to the face as events, to the disk as one raw log per node that runs, and `events.ndjson` with every event but
 * the lines of output, which the logs have whole.
 */
export class Announcer {
  readonly warnings: string[] = [];
  readonly #events: EventSink;
  readonly #fs: Fs;
  readonly #folder: string;
  #recorder: LogWriter | undefined;
  #complained = false;

  constructor(options: { events: EventSink; fs: Fs; folder: string }) {
    this.#events = options.events;
    this.#fs = options.fs;
    this.#folder = options.folder;
    this.#quietly(() => {
      this.#fs.mkdir(this.#folder, 0o700);
      swapSymlink(this.#fs, basename(this.#folder), join(dirname(this.#folder), 'latest'), { durable: false });
    });
    this.#recorder = this.#writer('events.ndjson');
  }

  emit(event: Event): void {
    if (event.type === 'warning') this.warnings.push(event.text);
    if (event.type === 'node-warning') this.warnings.push(`${event.node}: ${event.text}`);
    this.#tell(event);
  }

  /** Of a stale result that stands in, which its node says in the summary by itself. */
  warnStale(text: string): void {
    this.#tell({ type: 'warning', at: Date.now(), text });
  }

  #tell(event: Event): void {
    if (event.type !== 'node-line') this.#recorder?.write(`${JSON.stringify(event)}\n`);
    this.#events(event);
  }

  /** Of the run as a whole, or of a node. */
  warn(text: string, node?: string): void {
    if (node === undefined) this.emit({ type: 'warning', at: Date.now(), text });
    else this.warnNode(node, text);
  }

  /** What happens to a node, a few words. */
  status(node: string, text: string): void {
    this.emit({ type: 'node-status', at: Date.now(), node, text: screenText(text) });
  }

  warnNode(node: string, text: string): void {
    this.emit({ type: 'node-warning', at: Date.now(), node, text });
  }

  started(node: GraphNode, { reason, reasons, cause }: Why): NodeVoice {
    const log = join(this.#folder, logFileName(node.id));
    const writer = this.#writer(logFileName(node.id));
    const lines: string[] = [];
    this.emit({ type: 'node-started', at: Date.now(), node: node.id, reason, ...(reasons.length > 1 ? { reasons: reasons.slice(0, REASONS) } : {}), ...(cause ? { cause } : {}), log });
    return {
      log,
      tail: () => lines,
      close: () => { writer.close(); },
      report: {
        line: (text) => {
          writer.write(`${text}\n`);
          const shown = screenText(text);
          if (lines.push(shown) > TAIL) lines.shift();
          this.emit({ type: 'node-line', at: Date.now(), node: node.id, text: shown });
        },
        status: (text) => { this.status(node.id, text); },
        warn: (text) => {
          writer.write(`warning: ${text}\n`);
          this.warnNode(node.id, screenText(text));
        },
      },
    };
  }

  finished(node: string, outcome: NodeOutcome, details: Details): void {
    this.emit({ type: 'node-finished', at: Date.now(), node, outcome, ...details });
  }

  close(): void {
    this.#recorder?.close();
  }

  #writer(name: string): LogWriter {
    return new LogWriter(join(this.#folder, name), this.#fs, (message) => { this.#complain(message); });
  }

  /** A run without logs is better than none; one complaint is enough for a full disk. */
  #complain(message: string): void {
    if (this.#complained) return;
    this.#complained = true;
    this.warn(message);
  }

  #quietly(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#complain(`can't prepare the logs in ${this.#folder}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
