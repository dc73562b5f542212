import { screenText, type Failure } from '@crpm/core';
import { palette, type Palette } from './colour.js';

/**
 * A failure for people: what failed, the lines that matter, what to do next and what to type for it, where the whole log is. Several lines, without an
 * end.
 */
export function formatFailure(failure: Failure, about: { readonly node?: string; readonly log?: string }, colours: Palette = palette(false)): string {
  const { node, log } = about;
  const head = node === undefined ? 'error:' : `${node} failed:`;
  const lines = [`${colours.bad(head)} ${failure.message}`];
  for (const line of failure.lines ?? []) lines.push(`  ${colours.faint('|')} ${screenText(line)}`);
  if (failure.next !== undefined) lines.push(`  ${colours.strong('next:')} ${failure.next}`);
  const commands = [...(node !== undefined && log !== undefined ? [`crpm logs ${node}`] : []), ...(failure.commands ?? [])];
  if (commands.length > 0) lines.push(`  ${colours.strong('type:')} ${commands.join('; ')}`);
  if (log !== undefined) lines.push(`  ${colours.strong('log:')}  ${log}`);
  return lines.join('\n');
}
