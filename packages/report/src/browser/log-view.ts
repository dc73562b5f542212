import { formatSize } from '@crpm/core/size';
import { element } from './elements.js';
import { LogLines } from './log-lines.js';
import { searchLog, type Search } from './log-search.js';
import type { LogSource } from './log-source.js';
import { LogWindow } from './log-window.js';

/** How long nothing is typed before a search begins, milliseconds. */
const PAUSE = 150;

/** A log with its search. */
export class LogView {
  readonly element: HTMLElement;
  readonly #source: LogSource;
  readonly #lines: LogLines;
  readonly #window: LogWindow;
  readonly #input: HTMLInputElement;
  readonly #found = element('output', { class: 'found' });
  readonly #facts = element('span', { class: 'hint' });
  #search: Search = { found: [], done: true, cut: false };
  #at = -1;
  #stop = new AbortController();

  constructor(node: string, source: LogSource) {
    this.#source = source;
    this.#lines = new LogLines(source);
    this.#window = new LogWindow(this.#lines, `Log of ${node}`);
    this.#input = element('input', { type: 'search', placeholder: 'Search the log', 'aria-label': `Search the log of ${node}`, spellcheck: 'false' });
    const button = (text: string, label: string, step: number) => {
      const made = element('button', { type: 'button', 'aria-label': label, title: label }, text);
      made.addEventListener('click', () => { this.#step(step); });
      return made;
    };
    const bar = element('div', { class: 'log-bar' }, this.#input, button('↑', 'Previous match', -1), button('↓', 'Next match', 1), this.#found, this.#facts);
    this.element = element('div', { class: 'log-view' }, bar, this.#window.element);
    this.#listen();
    this.grown();
  }

  focusSearch(): void {
    this.#input.focus();
    this.#input.select();
  }

  /** There is more of it; who looked at its end sees the new end. */
  grown(): void {
    const { bytes, lines, path } = this.#source.catalogue;
    const follow = this.#window.isAtEnd;
    // Where there is nothing, there is nothing to search either.
    this.element.classList.toggle('is-empty', lines === 0);
    this.#facts.textContent = lines === 0 ? 'Its log is empty.' : `${lines.toLocaleString('en')} lines, ${formatSize(bytes)}`;
    this.#facts.title = path;
    if (follow) this.#window.showEnd();
    this.#window.draw();
  }

  /** Drawn when it was not to be seen, nothing is in it. */
  shown(): void {
    this.#window.draw();
  }

  showEnd(): void {
    this.#window.showEnd();
  }

  /** Where the first of these lines is in the last part of the log, one that speaks of an error before all others; else its end. */
  async showFailure(telling: readonly string[]): Promise<void> {
    const last = this.#lines.chunks.length - 1;
    const lines = await this.#lines.read(last).catch((): readonly string[] => []);
    const wanted = new Set(telling.filter((line) => line.trim() !== ''));
    const found = [...wanted].filter((line) => lines.includes(line));
    const first = found.find((line) => /\berror\b/i.test(line)) ?? found[0];
    if (first === undefined) this.#window.showEnd();
    else this.#window.show((this.#lines.chunks[last]?.firstLine ?? 0) + lines.indexOf(first));
  }

  #listen(): void {
    let pause: ReturnType<typeof setTimeout> | undefined;
    this.#input.addEventListener('input', () => {
      clearTimeout(pause);
      pause = setTimeout(() => { void this.#begin(); }, PAUSE);
    });
    this.#input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#step(event.shiftKey ? -1 : 1);
      if (event.key !== 'Escape') return;
      this.#input.value = '';
      void this.#begin();
      this.#window.element.focus();
    });
  }

  async #begin(): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#at = -1;
    this.#search = { found: [], done: true, cut: false };
    const text = this.#input.value;
    this.#window.mark(text);
    this.#tell();
    if (text === '') return;
    const from = this.#window.firstLine;
    await searchLog(this.#lines, text, (search) => { this.#heard(search, from); }, this.#stop.signal);
  }

  /** The first match from where one looks on; if there is none, the first of all. */
  #heard(search: Search, from: number): void {
    this.#search = search;
    if (this.#at === -1) {
      const next = search.found.findIndex((line) => line >= from);
      if (next !== -1 || (search.done && search.found.length > 0)) this.#go(Math.max(0, next));
    }
    this.#tell();
  }

  #step(step: number): void {
    const { length } = this.#search.found;
    if (length > 0) this.#go((this.#at + step + length) % length);
    this.#tell();
  }

  #go(at: number): void {
    this.#at = at;
    this.#window.show(this.#search.found[at] ?? 0);
  }

  #tell(): void {
    const { found, done, cut } = this.#search;
    const number = `${found.length.toLocaleString('en')}${done && !cut ? '' : '+'}`;
    this.#found.textContent = this.#input.value === '' ? '' : found.length === 0 ? (done ? 'no match' : 'searching…') : this.#at === -1 ? number : `${(this.#at + 1).toLocaleString('en')} of ${number}`;
  }
}
