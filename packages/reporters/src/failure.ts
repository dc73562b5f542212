import { atHand, screenText, type Failure, type Wrapping } from '@crpm/core';
import { palette, type Palette } from './colour.js';
import { wrap } from './wrap.js';

/** What a failure is about, and how wide it may be told; without a width, prose is not broken. */
export interface FailureContext {
  readonly node?: string;
  readonly log?: string;
  readonly width?: number | undefined;
}

/**
 * A failure for people: what failed, the lines that matter, what to do next and what to type for it, where the whole log is. Several lines, without an
 * end.
 */
export function formatFailure(failure: Failure, { node, log, width }: FailureContext, colours: Palette = palette(false)): string {
  const head = node === undefined ? 'error:' : `${node} failed:`;
  const lines = [`${colours.bad(head)} ${wrap(failure.message, { width, first: head.length + 1, indent: 2 })}`];
  for (const line of failure.lines ?? []) lines.push(`  ${colours.faint('|')} ${wrap(screenText(line), { width, first: 4, indent: 6 })}`);
  if (failure.next !== undefined) lines.push(`  ${colours.strong('next:')} ${wrap(failure.next, besideLabel(width))}`);
  const commands = [...(node !== undefined && log !== undefined ? [`crpm logs ${node}`] : []), ...(failure.commands ?? [])];
  if (commands.length > 0) lines.push(`  ${colours.strong('type:')} ${wrap(commands.join('; '), besideLabel(width))}`);
  if (log !== undefined) lines.push(`  ${colours.strong('log:')}  ${atHand(log)}`);
  return lines.join('\n');
}

/** Prose behind `  next: `. */
function besideLabel(width: number | undefined): Wrapping {
  return { width, first: 8, indent: 8 };
}
