import type { NodeOutcome } from '@crpm/core';

/** Colours text, or leaves it as it is. */
export interface Palette {
  good(text: string): string;
  bad(text: string): string;
  caution(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

// Not `util.styleText`: since Node 20.18 it looks at process.stdout, where the face may be another stream.
const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
const PLAIN: Palette = { good: same, bad: same, caution: same, faint: same, strong: same };
const COLOURED: Palette = {
  good: sgr(32, 39),
  bad: sgr(31, 39),
  caution: sgr(33, 39),
  faint: sgr(2, 22),
  strong: sgr(1, 22),
};

/** `NO_COLOR` (https://no-color.org) wins, then `FORCE_COLOR`, then whether it is a terminal that can. */
export function wantsColour(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

export function palette(coloured: boolean): Palette {
  return coloured ? COLOURED : PLAIN;
}

/** The colour of an outcome. */
export function paintOutcome(colours: Palette, outcome: NodeOutcome, text: string): string {
  switch (outcome) {
    case 'ran':
    case 'restored':
      return colours.good(text);
    case 'fresh':
    case 'not-run':
      return colours.faint(text);
    case 'failed':
      return colours.bad(text);
    case 'cancelled':
      return colours.caution(text);
  }
}

function same(text: string): string {
  return text;
}
