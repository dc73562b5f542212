import type { Markup } from '../markup.js';
import { failuresPart } from '../parts/failures.js';
import { graphPart } from '../parts/graph.js';
import { nodeListPart } from '../parts/node-list.js';
import { nodePart } from '../parts/node.js';
import type { PageView } from '../parts/page-view.js';
import { notesPart, packagesPart, proofPart } from '../parts/tables.js';
import { timelinePart } from '../parts/timeline.js';
import { topPart } from '../parts/top.js';

const PARTS: Readonly<Record<string, (view: PageView) => Markup>> = {
  top: topPart,
  failures: failuresPart,
  graph: graphPart,
  timeline: timelinePart,
  list: nodeListPart,
  proof: proofPart,
  packages: packagesPart,
  notes: notesPart,
};

/** Draws what changed of a page, with what made it at first. */
export class Parts {
  readonly #drawn = new Map<Element, string>();

  draw(view: PageView): void {
    for (const place of document.querySelectorAll('[data-part]')) {
      const part = PARTS[place.getAttribute('data-part') ?? ''];
      if (part) this.#put(place, part(view));
    }
    for (const place of document.querySelectorAll('[data-about]')) {
      const node = view.record.node(place.getAttribute('data-about') ?? '');
      if (node) this.#put(place, nodePart(view, node));
    }
  }

  /** Every value in it was escaped where it was made; see markup.ts. */
  #put(place: Element, { text }: Markup): void {
    if (this.#drawn.get(place) === text) return;
    this.#drawn.set(place, text);
    const kept = stateOf(place);
    place.innerHTML = text;
    kept();
  }
}

/** What a reader did to a part, to be done to its next drawing: which link has the focus, which details are open, how far it is scrolled. */
function stateOf(place: Element): () => void {
  const focused = place.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : undefined;
  const open = [...place.querySelectorAll('details')].map((details) => details.open);
  const scrolled = [...place.querySelectorAll('.scroll')].map(({ scrollLeft }) => scrollLeft);
  return () => {
    for (const [index, details] of place.querySelectorAll('details').entries()) details.open = open[index] ?? false;
    for (const [index, scroll] of place.querySelectorAll('.scroll').entries()) scroll.scrollLeft = scrolled[index] ?? 0;
    if (focused) [...place.querySelectorAll<HTMLElement>('a[href]')].find((link) => link.getAttribute('href') === focused)?.focus({ preventScroll: true });
  };
}
