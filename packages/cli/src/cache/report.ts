import { formatSize, wrap } from '@crpm/core';
import { count, formatAge, formatTable } from '@crpm/reporters';
import { choose, sizeOf, sizesByRoom, type BoundReport, type Look, type VerifyReport } from '@crpm/state';

/** Items shown of a room; `--json` has all. */
const SHOWN = 10;

/** `crpm cache ls --json`. Sizes in bytes, times in milliseconds since the epoch. */
export interface CacheListing {
  readonly maxSize: number;
  /** What everything takes, a file that several hold counted once. */
  readonly size: number;
  readonly rooms: readonly {
    readonly room: string;
    /** A file that an earlier room holds too is counted there. */
    readonly size: number;
    readonly items: readonly { readonly id: string; readonly title: string; readonly size: number; readonly lastUsed: number; readonly workspace?: string; readonly pinned?: string }[];
  }[];
  /** Rooms that could not be looked into. */
  readonly unseen: Look['unseen'];
}

export function listing({ stocks, unseen }: Look, maxSize: number): CacheListing {
  const sizes = sizesByRoom(stocks);
  return {
    maxSize,
    size: choose(stocks, Infinity).before,
    rooms: stocks.map(({ room, items }) => ({
      room,
      size: sizes.get(room) ?? 0,
      items: [...items].sort((a, b) => b.lastUsed - a.lastUsed).map((item) => {
        const { id, title, lastUsed, workspace, pinned } = item;
        return { id, title, size: sizeOf(item), lastUsed: Math.round(lastUsed), ...(workspace === undefined ? {} : { workspace }), ...(pinned === undefined ? {} : { pinned }) };
      }),
    })),
    unseen,
  };
}

/** For people. `now` is milliseconds since the epoch, `width` that of a terminal. */
export function formatListing({ maxSize, size, rooms, unseen }: CacheListing, now: number, width?: number): string {
  const age = (time: number) => (time > 0 ? `${formatAge(now - time)} ago` : 'never');
  const rows = rooms.filter(({ items }) => items.length > 0).flatMap(({ room, size: roomSize, items }) => [
    [room, count(items.length, 'item'), formatSize(roomSize)],
    ...gathered(items).slice(0, SHOWN).map(({ title, size: itemSize, lastUsed, pinned }) => [`  ${title}`, age(lastUsed), formatSize(itemSize), pinned ?? '']),
    ...(gathered(items).length > SHOWN ? [[`  … and ${String(gathered(items).length - SHOWN)} more: --json lists them`]] : []),
  ]);
  const table = rows.length > 0 ? `${formatTable([['what', 'last used', 'size', 'stays because'], ...rows], width, [0], { below: true })}\n\n` : '';
  return `${table}${formatSize(size)} of ${formatSize(maxSize)} (cache.maxSize); what is linked counts once\n${formatUnseen(unseen)}`;
}

type Item = CacheListing['rooms'][number]['items'][number];

/** Files that no known result has tell nothing by name: those that stay for the same reason are one row. */
function gathered(items: readonly Item[]): readonly Item[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = item.id.startsWith('entry/') ? `entry ${item.pinned ?? ''}` : item.id;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, ...more] = group;
    if (!first || more.length === 0) return group;
    return [{ ...first, title: `${String(group.length)} files of no known result`, size: group.reduce((sum, { size }) => sum + size, 0) }];
  });
}

export function formatBound(report: BoundReport, dryRun: boolean, width?: number): string {
  const { before, after, maxSize, removed, kept } = report;
  const gone = removed.map(({ room, title, bytes }) => [dryRun ? 'would go' : 'removed', room, title, formatSize(bytes)]);
  const stays = kept.slice(0, SHOWN).map(({ room, title, bytes, why }) => ['kept', room, title, formatSize(bytes), why]);
  const more = kept.length > SHOWN ? `… and ${String(kept.length - SHOWN)} more are kept\n` : '';
  const table = gone.length + stays.length > 0 ? `${formatTable([...gone, ...stays], width, [2], { below: true })}\n${more}\n` : '';
  const sum = `${formatSize(before)} before, ${formatSize(after)} ${dryRun ? 'would be left' : 'now'}; the bound is ${formatSize(maxSize)}\n`;
  return `${table}${removed.length === 0 ? 'nothing had to go: ' : ''}${sum}${formatUnseen(report.unseen)}`;
}

export function formatVerified({ files, bytes, damaged }: VerifyReport, width?: number): string {
  const rows = damaged.map(({ what, file, setAside }) => [what, file, setAside === undefined ? 'is gone' : `is damaged; set aside in ${setAside}`]);
  const sum = `${wrap(`${count(files, 'file')}, ${formatSize(bytes)}: ${damaged.length === 0 ? 'all hold what they should' : `${String(damaged.length)} damaged; crpm run makes them again`}`, { width, first: 0, indent: 2 })}\n`;
  return rows.length > 0 ? `${formatTable(rows, width)}\n\n${sum}` : sum;
}

function formatUnseen(unseen: Look['unseen']): string {
  const byReason = new Map<string, string[]>();
  for (const { room, why } of unseen) byReason.set(why, [...(byReason.get(why) ?? []), room]);
  return [...byReason].map(([why, names]) => `not looked into: ${names.join(', ')}: ${why}\n`).join('');
}
