import { anchorOf } from '../page/anchor.js';

/** Which node is shown, and how one goes from one to the other: by links, by the page's address, by keys. */
export class Selection {
  selected: string | undefined;
  /** The reader chose it, or is at work in it: it is not to be taken away. */
  isChosen = false;
  readonly #ids: () => readonly string[];
  readonly #told: (id: string) => void;

  constructor(ids: () => readonly string[], told: (id: string) => void) {
    this.#ids = ids;
    this.#told = told;
    for (const type of ['pointerdown', 'keydown']) document.getElementById('node-details')?.addEventListener(type, () => { this.isChosen = true; });
    addEventListener('hashchange', () => { this.#follow(); });
    document.addEventListener('click', (event) => {
      const link = event.target instanceof Element ? event.target.closest('a[href^="#node-"]') : null;
      if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const id = this.#named(link.getAttribute('href') ?? '');
      if (id === undefined) return;
      event.preventDefault();
      // From the list one sees what it leads to; from elsewhere one is taken there.
      this.select(id, link.closest('#node-list') ? 'stay' : 'go');
    });
  }

  /** The node that the address names, else the one given. */
  begin(id: string | undefined): void {
    const named = this.#named(location.hash);
    if (named !== undefined) this.select(named, 'go');
    else this.suggest(id);
  }

  /** Shows a node, unless the reader chose one. */
  suggest(id: string | undefined): void {
    if (id !== undefined && id !== this.selected && !this.isChosen) this.#show(id);
  }

  select(id: string, how: 'stay' | 'go'): void {
    this.isChosen = true;
    this.#show(id);
    history.replaceState(null, '', `#${anchorOf(id)}`);
    if (how === 'stay') return;
    document.getElementById(anchorOf(id))?.scrollIntoView({ block: 'start' });
    document.getElementById(`${anchorOf(id)}-title`)?.focus({ preventScroll: true });
  }

  /** To the next node or the one before. */
  step(by: number): void {
    const ids = this.#ids();
    const at = this.selected === undefined ? -1 : ids.indexOf(this.selected);
    const next = ids[Math.min(ids.length - 1, Math.max(0, at + by))];
    if (next === undefined) return;
    this.select(next, 'stay');
    if (document.activeElement?.closest('#node-list')) this.#link(next)?.focus({ preventScroll: true });
  }

  /** Anew, after the list was drawn again. */
  mark(): void {
    for (const link of document.querySelectorAll('#node-list a')) {
      if (link.getAttribute('data-select') === this.selected) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  #show(id: string): void {
    this.selected = id;
    for (const article of document.querySelectorAll('.node-detail')) article.classList.toggle('is-selected', article.getAttribute('data-node') === id);
    this.mark();
    bringIntoList(this.#link(id));
    this.#told(id);
  }

  #follow(): void {
    const id = this.#named(location.hash);
    if (id !== undefined && id !== this.selected) this.select(id, 'go');
  }

  #named(hash: string): string | undefined {
    const anchor = decode(hash.slice(1));
    return this.#ids().find((id) => anchorOf(id) === anchor);
  }

  #link(id: string): HTMLElement | undefined {
    return [...document.querySelectorAll<HTMLElement>('#node-list a')].find((link) => link.getAttribute('data-select') === id);
  }
}

/** Scrolls the list alone: what is read elsewhere stays where it is. */
function bringIntoList(link: HTMLElement | undefined): void {
  const list = link?.closest('nav');
  if (!link || !list) return;
  const [box, within] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
  if (box.top < within.top || box.bottom > within.bottom) list.scrollTop += box.top - within.top - (within.height - box.height) / 2;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
