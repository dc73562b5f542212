import { END, START, type Piece, type Times, type Version } from './layout.js';
import { sameRule, type Rules } from './rules.js';

/** The text of these ids: each as it was before the first run, or as the user laid it out since it was written; likewise the blank lines between. */
export function joined(ids: readonly string[], versions: Times<Version>, wanted: Rules): string {
  const gapOf = gaps(versions);
  return ids.map((id, index) => (id === START ? '' : gapOf(ids[index - 1] ?? START, id)) + textOf(id, versions, wanted)).join('');
}

function textOf(id: string, { before, written, now }: Times<Version>, wanted: Rules): string {
  const [old, then, today] = [before.get(id), written.get(id), now.get(id)];
  const part = (name: 'lead' | 'body' | 'rest') => merged(old?.[name], then?.[name], today?.[name]) ?? '';
  const rule = wanted.get(id);
  if (!rule) return part('body');
  const original = [old?.rule, today?.rule].find((one) => sameRule(one, rule));
  const isTheirs = sameRule(today?.rule, rule) && today?.body !== then?.body;
  return part('lead') + ((isTheirs ? today?.body : original?.text) ?? rule.text) + part('rest');
}

/** Of three states of one thing the one that the user wants: theirs if they changed it, else the first. */
function merged(before: string | undefined, written: string | undefined, now: string | undefined): string | undefined {
  if (now === undefined) return before ?? written;
  return before === undefined || (now !== written && written !== undefined) ? now : before;
}

/** What stands between two pieces that follow each other. */
function gaps(versions: Times<Version>): (above: string, id: string) => string {
  const [before, written, now] = [versions.before, versions.written, versions.now].map(neighbours) as [Neighbours, Neighbours, Neighbours];
  const found = (above: string, id: string): string => {
    const [old, then, today] = [before, written, now].map((all) => (all.above.get(id) === above ? all.gap.get(id) : undefined));
    if (old !== undefined || today !== undefined) return merged(old, then, today) ?? '';
    if (above === START) return '';
    if (id === END) return before.gap.get(END) ?? '';
    if (!versions.before.has(id)) return now.gap.get(id) ?? written.gap.get(id) ?? '\n\n';
    return (versions.before.has(above) ? undefined : now.gapBelow.get(above)) ?? before.gap.get(id) ?? '\n';
  };
  return (above, id) => {
    const gap = found(above, id);
    return gap.includes('\n') || above === START || id === END ? gap : '\n';
  };
}

interface Neighbours {
  /** By id: which one stands above it, the gap between them, and the gap below. */
  readonly above: ReadonlyMap<string, string>;
  readonly gap: ReadonlyMap<string, string>;
  readonly gapBelow: ReadonlyMap<string, string>;
}

function neighbours(version: Version): Neighbours {
  const ids = [...version.keys()];
  const gap = new Map([...version].map(([id, piece]: [string, Piece]) => [id, piece.gap]));
  return {
    above: new Map(ids.map((id, index) => [id, ids[index - 1] ?? ''])),
    gap,
    gapBelow: new Map(ids.map((id, index) => [id, gap.get(ids[index + 1] ?? '') ?? ''])),
  };
}
