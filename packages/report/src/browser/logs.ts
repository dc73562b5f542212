import type { NodeRecord } from '../run-record.js';
import { pageJson } from './elements.js';
import { embeddedSource, servedSource, type EmbeddedLog } from './log-source.js';
import { LogView } from './log-view.js';

/** How often the log that is shown is asked whether it grew, milliseconds. */
const LOOK = 1000;

/** The logs of the page; each gets its view when its node is shown for the first time. */
export class Logs {
  readonly #views = new Map<string, LogView>();
  readonly #embedded: ReadonlyMap<string, EmbeddedLog>;

  constructor() {
    this.#embedded = new Map(((pageJson('crpm-logs') ?? []) as readonly EmbeddedLog[]).map((log) => [log.node, log]));
  }

  view(node: string): LogView | undefined {
    return this.#views.get(node);
  }

  showEmbedded(node: string): void {
    const log = this.#embedded.get(node);
    if (log && !this.#views.has(node)) {
      const view = new LogView(node, embeddedSource(log));
      this.#mount(node, view);
      const telling = failureLines(node);
      if (telling) void view.showFailure(telling);
    }
    this.#views.get(node)?.shown();
  }

  /** Of a node in a run that is followed: asked for again as long as the node runs and `isShown` says that somebody looks. */
  async showServed(run: string, node: () => NodeRecord | undefined, isShown: () => boolean): Promise<void> {
    const { id, log } = node() ?? {};
    if (id === undefined || log === undefined) return;
    if (this.#views.has(id)) {
      this.#views.get(id)?.shown();
      return;
    }
    const source = servedSource(`logs/${encodeURIComponent(id)}`, run);
    const view = new LogView(id, source);
    this.#mount(id, view);
    for (let ends = false; ; await new Promise((resolve) => setTimeout(resolve, LOOK))) {
      if (!isShown()) continue;
      // Asked before the log is: what was written before the end is still read.
      ends = node()?.state !== 'running';
      const first = source.catalogue.lines === 0;
      if (await source.refresh().catch(() => false)) view.grown();
      if (first && !ends) view.showEnd();
      const telling = first && ends ? failureLines(id) : undefined;
      if (telling) void view.showFailure(telling);
      if (ends) return;
    }
  }

  #mount(node: string, view: LogView): void {
    this.#views.set(node, view);
    for (const place of document.querySelectorAll('.log')) if (place.getAttribute('data-log') === node) place.replaceChildren(view.element);
  }
}

/** The lines that the page says matter, of a node that failed. */
function failureLines(node: string): readonly string[] | undefined {
  const part = [...document.querySelectorAll('[data-about]')].find((about) => about.getAttribute('data-about') === node);
  if (!part?.querySelector('.failure')) return undefined;
  return (part.querySelector('.failure .lines')?.textContent ?? '').split('\n');
}
