import { needOfEarlierRun, unreachable } from '@crpm/core';
import { namesIn, OF_CRPM, type Difference } from './difference.js';

/** How many changes a reason names before it only counts them. */
const NAMED = 5;

/** Differences in one line, for people: at most five changes by name, and how many more. `build.check: false → true`, `tree: src/a.c changed, src/b.c new and 7 more`. */
export function formatReason(differences: readonly Difference[]): string {
  const changes = formatDifferences(differences);
  const more = changes.length - NAMED;
  return changes.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${String(more)} more` : '');
}

/** Each difference in its own words, each changed file as one of them; of what is crpm's own, the same words stand for several. */
export function formatDifferences(differences: readonly Difference[]): readonly string[] {
  return [...new Set(mergePending(differences).flatMap(phrases))];
}

function phrases(difference: Difference): readonly string[] {
  switch (difference.what) {
    case 'first-run':
      return ['first run'];
    case 'forced':
      return ['forced'];
    case 'skipped':
      return ['skipped'];
    case 'changed-while-running':
      return ['an input changed while it ran the last time'];
    case 'need':
      return [`${difference.need} ${difference.before === undefined ? 'is needed now' : difference.after === undefined ? 'is needed no more' : 'changed'}`];
    case 'need-pending':
      return [`${difference.need} ${difference.certain ? 'will' : 'may'} be made again`];
    case 'evicted':
      return ['its result was evicted from the store (cache.maxSize)'];
    case 'unknown':
      return [`its inputs can't be told: ${difference.text}`];
    case 'output':
    case 'elsewhere':
    case 'store':
      return [difference.text];
    case 'input':
      return inputPhrases(difference);
    default:
      return unreachable(difference);
  }
}

function inputPhrases({ name, option, before, after, parts }: Difference & { what: 'input' }): readonly string[] {
  if (OF_CRPM.has(name)) return ['this crpm makes it in another way'];
  const older = needOfEarlierRun(name);
  if (older !== undefined) return [`${older} is ${after === undefined ? 'of this run again' : 'of an earlier run'}`];
  const title = option ?? name.replace(/^option\//, '');
  if (parts && parts.length > 0) return parts.map(({ part, change }, index) => `${index === 0 ? `${title}: ` : ''}${part} ${change}`);
  const moved = movedNames(before, after);
  if (moved) return [`${title}: ${moved}`];
  if (option === undefined && (before === undefined || after === undefined)) return [`${title} ${before === undefined ? 'new' : 'gone'}`];
  return isDigest(before) || isDigest(after) ? [`${title} changed`] : [`${title}: ${plain(before)} → ${plain(after)}`];
}

/** Of lists of names only what came and went. */
function movedNames(before: string | undefined, after: string | undefined): string | undefined {
  const old = before === undefined ? [] : namesIn(before);
  const now = after === undefined ? [] : namesIn(after);
  if (!old || !now) return undefined;
  const changes = [...now.filter((name) => !old.includes(name)).map((name) => `${name} new`), ...old.filter((name) => !now.includes(name)).map((name) => `${name} gone`)];
  return changes.length > 0 ? changes.join(', ') : 'in another order';
}

/** Digests tell people nothing; a name and "changed" does. */
function isDigest(value: string | undefined): boolean {
  return value !== undefined && (/^"?(?:[a-z0-9]+:)?[0-9a-f]{32,}"?$/.test(value) || value.length > 120);
}

/** JSON as YAML would have it: plain texts need no quotes. */
function plain(value: string | undefined): string {
  if (value === undefined) return 'unset';
  const text = /^"([A-Za-z_./][\w./:@+-]*)"$/.exec(value)?.[1];
  return text === undefined || ['true', 'false', 'null'].includes(text) ? value : text;
}

/** `a, b will be made again` instead of the same words for each. */
function mergePending(differences: readonly Difference[]): readonly Difference[] {
  const rest = differences.filter(({ what }) => what !== 'need-pending');
  const merged = [true, false].flatMap((certain): readonly Difference[] => {
    const needs = differences.flatMap((one) => (one.what === 'need-pending' && one.certain === certain ? [one] : []));
    if (needs.length === 0) return [];
    return [{ what: 'need-pending', need: listed(needs.map(({ need }) => need)), certain, roots: [] }];
  });
  return [...rest, ...merged];
}

function listed(names: readonly string[]): string {
  return names.length <= NAMED ? names.join(', ') : `${names.slice(0, NAMED).join(', ')} and ${String(names.length - NAMED)} more`;
}
