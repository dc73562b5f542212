import { markup, type Markup } from '../markup.js';
import type { NodeState } from '../node-state.js';

/** Strokes in a field of 12 by 12, one for each state, so that no state is told by its colour alone. */
const STROKES: Readonly<Record<NodeState, string>> = {
  ran: 'M2.5 6.5 5 9l4.5-6',
  fresh: 'M2.5 4.5h7M2.5 7.5h7',
  restored: 'M9.5 6A3.5 3.5 0 1 1 8.2 3.3M8.4 1.2v2.3H6.1',
  failed: 'M3 3l6 6M9 3l-6 6',
  cancelled: 'M3 3h6v6H3z',
  'not-run': 'M2.5 6h7',
  waiting: 'M6 2.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z',
  running: 'M4 2.5 9.5 6 4 9.5z',
  unknown: 'M6 2.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z',
};

/** The sign of a state, to stand in an SVG. */
export function stateStroke(state: NodeState): Markup {
  return markup`<path class="icon" d="${STROKES[state]}"/>`;
}

/** The same in HTML; the word beside it says what it means. */
export function stateIcon(state: NodeState): Markup {
  return markup`<svg class="state is-${state}" viewBox="0 0 12 12" aria-hidden="true">${stateStroke(state)}</svg>`;
}
