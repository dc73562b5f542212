import { element } from './elements.js';
import type { LogLines } from './log-lines.js';

/** Of a line, in pixels; page.css says the same. */
const LINE = 18;
/** Browsers draw no element that is much higher. */
const HIGHEST = 8_000_000;
/** Of the window, in pixels; lower where there is less to show. */
const TALL = 480;
/** What a scroll bar may take below the lines, in pixels. */
const BAR = 18;
/** What the numbers of the lines cover, in pixels. */
const MARGIN = 70;

/** A window onto a log of any length: only the lines in it are in the document. */
export class LogWindow {
  readonly element: HTMLElement;
  readonly #lines: LogLines;
  readonly #space = element('div', { class: 'log-space' });
  readonly #rows = element('div', { class: 'log-rows' });
  #asked = false;
  #wanted = '';
  #current: number | undefined;
  /** The match is still to be brought into sight, sideways. */
  #sideways = false;
  /** Where the window's upper side is in the whole log, in pixels, if that is known better than the scroll bar tells. */
  #exact: number | undefined;
  /** The next event of scrolling is this window's own doing. */
  #isOwn = false;

  constructor(lines: LogLines, label: string) {
    this.#lines = lines;
    this.element = element('div', { class: 'log-lines', tabindex: '0', role: 'region', 'aria-label': label }, this.#space);
    this.#space.append(this.#rows);
    this.element.addEventListener('scroll', () => {
      if (!this.#isOwn) this.#exact = undefined;
      this.#isOwn = false;
      this.draw();
    }, { passive: true });
    this.element.addEventListener('wheel', (event) => {
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
      if (!event.ctrlKey && !event.shiftKey && event.deltaY !== 0 && this.#moveBy(event.deltaY * unit)) event.preventDefault();
    }, { passive: false });
    this.element.addEventListener('keydown', (event) => {
      const page = this.element.clientHeight - LINE;
      const by = { ArrowDown: 2 * LINE, ArrowUp: -2 * LINE, PageDown: page, PageUp: -page }[event.key];
      if (by !== undefined && this.#moveBy(by)) event.preventDefault();
    });
    new ResizeObserver(() => { this.draw(); }).observe(this.element);
  }

  /** Draws once the browser does. */
  draw(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#draw();
    });
  }

  /** Brings a line into the middle. */
  show(line: number): void {
    this.#current = line;
    this.#sideways = true;
    this.#scrollTo(line * LINE - this.element.clientHeight / 2);
    this.draw();
  }

  showEnd(): void {
    this.#fit();
    this.element.scrollTop = this.element.scrollHeight;
    this.draw();
  }

  get isAtEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - LINE;
  }

  get firstLine(): number {
    return Math.floor(this.#top() / LINE);
  }

  /** What is marked in the lines; empty: nothing. */
  mark(text: string): void {
    this.#wanted = text.toLowerCase();
    this.#current = undefined;
    this.draw();
  }

  get #height(): number {
    return Math.max(1, this.#lines.count) * LINE;
  }

  #fit(): number {
    const space = Math.min(this.#height, HIGHEST);
    this.#space.style.height = `${String(space)}px`;
    this.element.style.height = `${String(Math.min(TALL, space + BAR))}px`;
    return space;
  }

  /** Where the window's upper side is in the whole log, in pixels. What is higher than an element may be has a scroll bar that moves in larger steps. */
  #top(): number {
    const { scrollTop, clientHeight } = this.element;
    if (this.#height <= HIGHEST) return scrollTop;
    return this.#exact ?? (scrollTop / Math.max(1, HIGHEST - clientHeight)) * (this.#height - clientHeight);
  }

  /** Where the scroll bar's steps are too large to read on line by line; whether they are. */
  #moveBy(pixels: number): boolean {
    if (this.#height <= HIGHEST) return false;
    this.#scrollTo(this.#top() + pixels);
    this.draw();
    return true;
  }

  #scrollTo(wanted: number): void {
    this.#fit();
    const { clientHeight, scrollTop } = this.element;
    const lowest = this.#height - clientHeight;
    const top = Math.min(lowest, Math.max(0, wanted));
    this.element.scrollTop = this.#height <= HIGHEST ? top : (top / lowest) * (HIGHEST - clientHeight);
    // Where nothing moved, no event will say so.
    this.#isOwn = this.element.scrollTop !== scrollTop;
    this.#exact = top;
  }

  #draw(): void {
    this.#fit();
    const { clientHeight, scrollTop } = this.element;
    if (clientHeight === 0) return;
    const top = this.#top();
    const first = Math.max(0, Math.floor(top / LINE));
    const last = Math.min(this.#lines.count, first + Math.ceil(clientHeight / LINE) + 1);
    this.#rows.style.transform = `translateY(${String(scrollTop - (top - first * LINE))}px)`;
    this.#rows.replaceChildren(...Array.from({ length: Math.max(0, last - first) }, (_, index) => this.#row(first + index)));
    this.#bringSideways();
  }

  #bringSideways(): void {
    const match = this.#sideways ? this.#rows.querySelector<HTMLElement>('.is-current mark') : null;
    if (!match) return;
    this.#sideways = false;
    const { scrollLeft, clientWidth } = this.element;
    const [at, within] = [match.getBoundingClientRect(), this.element.getBoundingClientRect()];
    if (at.left < within.left + MARGIN || at.right > within.right) this.element.scrollLeft = Math.max(0, scrollLeft + at.left - within.left - clientWidth / 2);
  }

  #row(line: number): HTMLElement {
    const text = this.#lines.at(line, () => { this.draw(); });
    const isCurrent = line === this.#current;
    return element('div', { class: isCurrent ? 'row is-current' : 'row' }, element('span', { class: 'no' }, String(line + 1)), element('span', { class: 'text' }, ...this.#marked(text ?? '…')));
  }

  #marked(text: string): readonly (Node | string)[] {
    if (this.#wanted === '') return [text];
    const parts: (Node | string)[] = [];
    const lower = text.toLowerCase();
    let at = 0;
    // A letter may be longer in small than in capitals: then places do not match, and nothing is marked.
    for (let next = lower.length === text.length ? lower.indexOf(this.#wanted) : -1; next !== -1; next = lower.indexOf(this.#wanted, at)) {
      parts.push(text.slice(at, next), element('mark', {}, text.slice(next, next + this.#wanted.length)));
      at = next + this.#wanted.length;
    }
    return [...parts, text.slice(at)];
  }
}
