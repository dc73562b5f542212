import { screenText, type Failure } from '@crpm/core';
import { palette, type Palette } from './colour.js';

/**
 * A failure for people: what failed, the lines that matter, what to do next, where the whole log is. Several lines, without an
 * end.
 */
export function formatFailure(failure: Failure, about: { readonly node?: string; readonly log?: string }, colours: Palette = palette(false)): string {
  const head = about.node === undefined ? 'error:' : `${about.node} failed:`;
  const lines = [`${colours.bad(head)} ${failure.message}`];
  for (const line of failure.lines ?? []) lines.push(`  ${colours.faint('|')} ${screenText(line)}`);
  if (failure.next !== undefined) lines.push(`  ${colours.strong('next:')} ${failure.next}`);
  if (about.log !== undefined) lines.push(`  ${colours.strong('log:')}  ${about.log}`);
  return lines.join('\n');
}
