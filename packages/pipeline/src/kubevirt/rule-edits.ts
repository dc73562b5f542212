import { commonOrder } from './common-order.js';
import { END, layoutOf, START, type Piece, type Times, type Version } from './layout.js';
import { joined } from './layout-text.js';
import { placed } from './places.js';
import type { Rules } from './rules.js';
import type { YieldedPath } from './yielded-files.js';

/**
 * The text from before the first run with these rules, and with whatever the user changed since the last one: what they wrote between rules, moved or laid out
 * otherwise. So what they left alone is again where it was, byte for byte, whatever a resolver did to its order.
 */
export function withRules(path: YieldedPath, texts: Times<string>, wanted: Rules): string {
  const first = layoutOf(path, texts.before);
  const written = withLooseComments(layoutOf(path, texts.written), first);
  const now = withLooseComments(withRests(layoutOf(path, texts.now), written, wanted), written);
  const before = named(first, new Map(), 'before');
  const versions: Times<Version> = { before, written: named(written, before, 'written'), now: named(now, before, 'now') };
  return joined(order(versions, wanted), versions, wanted);
}

/** The ids of what the text is to hold. */
function order({ before, written, now }: Times<Version>, wanted: Rules): readonly string[] {
  const moved = movedRules({ before, written, now });
  const isRule = (id: string) => before.get(id)?.rule ?? written.get(id)?.rule ?? now.get(id)?.rule ?? wanted.get(id);
  const stays = (id: string) => (isRule(id) ? wanted.has(id) && !moved.has(id) : now.has(id) || !written.has(id));
  const leads = new Set([...before].filter(([id]) => wanted.has(id) && now.get(id)?.lead === written.get(id)?.lead).flatMap(([, { lead }]) => lead.split('\n')));
  const writtenKeys = new Set([...written.values()].map(({ key }) => key));
  // A comment that the resolver parted from its rule goes back to it.
  const isParted = (piece: Piece | undefined) => piece !== undefined && leads.has(piece.body) && writtenKeys.has(piece.key);
  const base = [...before.keys()].filter(stays);
  const present = new Set(base);
  const added = [...now.keys()].filter((id) => !present.has(id) && (isRule(id) ? wanted.has(id) : !isParted(now.get(id))));
  const withAdded = placed(base, added, [...now.keys()], (id) => !isRule(id));
  const lost = [...written.keys()].filter((id) => isRule(id) && wanted.has(id) && !withAdded.includes(id));
  const withLost = placed(withAdded, lost, [...written.keys()], (id) => !isRule(id));
  const known = new Set(withLost);
  return [...withLost.slice(0, -1), ...[...wanted.keys()].filter((key) => !known.has(key)), END];
}

/** Rules that the user put elsewhere among the others since they were written. */
function movedRules({ before, written, now }: Times<Version>): ReadonlySet<string> {
  const stayed = (a: Version, b: Version) => [...a].filter(([id, { rule }]) => rule && before.has(id) && b.has(id)).map(([id]) => id);
  const [then, today] = [stayed(written, now), stayed(now, written)];
  const inOrder = new Set(commonOrder(then, today).map(([at]) => then[at]));
  return new Set(then.filter((id) => !inOrder.has(id)));
}

/** Gives pieces their ids: those that are no rules are found again in another version by their text and order. */
function named(pieces: readonly Piece[], known: Version, prefix: string): Version {
  const outside = pieces.filter(({ rule }) => !rule);
  const others = [...known].filter(([, { rule }]) => !rule);
  const pairs = new Map(commonOrder(others.map(([, { key }]) => key), outside.map(({ key }) => key)).map(([theirs, ours]) => [outside[ours], others[theirs]?.[0]]));
  const marks = new Set([START, END]);
  return new Map(pieces.map((piece, index) => [piece.rule || marks.has(piece.key) ? piece.key : (pairs.get(piece) ?? `${prefix} ${index}`), piece]));
}

/** In place of rules that go, what the user wrote around them on lines of its own: comments right above, and what stands behind them. */
function withRests(now: readonly Piece[], written: readonly Piece[], wanted: Rules): readonly Piece[] {
  const old = new Map(written.map((piece) => [piece.key, piece]));
  return now.flatMap((piece) => {
    if (!piece.rule || wanted.has(piece.key)) return [piece];
    const known = old.get(piece.key);
    const theirs = (known?.lead ?? '').split('\n');
    const lines = piece.lead.split('\n').filter((line) => line.trim() !== '' && !theirs.includes(line));
    if (piece.rest !== known?.rest) lines.push(piece.rest.trim());
    return lines.filter((line) => line !== '').map((body, index): Piece => ({ key: body.replace(/\s+/g, ''), gap: index === 0 ? piece.gap : '\n', lead: '', body, rest: '' }));
  });
}

/** The comments that stood by themselves earlier, and now right above a rule, still are no part of it. */
function withLooseComments(pieces: readonly Piece[], earlier: readonly Piece[]): readonly Piece[] {
  const loose = new Set(earlier.filter(({ rule, body }) => !rule && body.startsWith('#')).map(({ body }) => body));
  const leads = new Map(earlier.map(({ key, lead }) => [key, lead]));
  return pieces.flatMap((piece) => {
    const lines = piece.lead.match(/[^\n]*\n/g) ?? [];
    const last = lines.findLastIndex((line) => loose.has(line.trimEnd()) && !leads.get(piece.key)?.includes(line));
    let { gap } = piece;
    const parted = lines.slice(0, last + 1).map((line): Piece => {
      const body = line.trimEnd();
      const comment = { key: body.replace(/\s+/g, ''), gap, lead: '', body, rest: '' };
      gap = line.slice(body.length);
      return comment;
    });
    return [...parted, { ...piece, gap, lead: lines.slice(last + 1).join('') }];
  });
}
