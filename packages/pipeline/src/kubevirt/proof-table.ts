import type { Proof } from '../proof/index.js';

type Row = Proof['rows'][number];

const HEAD = ['RPM', 'EVR', 'ARCH', 'VERDICT', 'TREES'];
const GAP = '  ';

export interface TableOptions {
  /** Of a terminal, in characters: the trees are cut to it, or left out. Absent: all is whole. */
  readonly width?: number | undefined;
  /** Rows of RPMs that the run made. Where all are, none is marked. */
  readonly isNew?: ((row: Row) => boolean) | undefined;
}

/** A row for every custom RPM. */
export function proofTable(rows: Proof['rows'], { width, isNew = () => false }: TableOptions = {}): readonly string[] {
  const isMarked = rows.every(isNew) ? () => false : isNew;
  const cells: readonly Cells[] = placesOf(rows).map((place, index) => {
    const row = rows[index]!; // one place for each
    return { row, place, verdict: `${row.verdict}${isMarked(row) ? ', new' : ''}` };
  });
  if (width !== undefined) return fitted(cells, width);
  return columns([HEAD, ...cells.map(({ row, place, verdict }) => [row.name, row.evr, place, row.verdict === 'taken' ? verdict : `${verdict}: ${row.message}`, row.trees.join(' ') || '-'])]);
}

interface Cells {
  readonly row: Row;
  readonly place: string;
  readonly verdict: string;
}

/** The architecture; where rows are of several streams or architectures, for which one it is served. */
function placesOf(rows: Proof['rows']): readonly string[] {
  const streams = new Set(rows.map(({ stream }) => stream)).size > 1;
  const several = streams || new Set(rows.map(({ arch }) => arch)).size > 1;
  return rows.map(({ arch, rpmArch, stream }) => {
    const place = streams ? `${arch}_cs${stream}` : arch;
    return rpmArch !== 'noarch' ? place : several ? `noarch (${place})` : rpmArch;
  });
}

/** What is wrong with an RPM is never cut: it gets a line of its own where it is too long. */
function fitted(cells: readonly Cells[], width: number): readonly string[] {
  const [head = '', ...lines] = columns([HEAD.slice(0, -1), ...cells.map(({ row, place, verdict }) => [row.name, row.evr, place, verdict])], false);
  const title = HEAD.at(-1) ?? '';
  const room = width - head.length - GAP.length;
  // A number below half a word tells nobody anything.
  const hasRoom = room >= title.length;
  return [
    hasRoom ? `${head}${GAP}${title}` : head.trimEnd(),
    ...lines.flatMap((line, index) => {
      const row = cells[index]?.row;
      if (!row) return [];
      const listed = `${line}${hasRoom ? `${GAP}${trees(row.trees, room)}` : ''}`.trimEnd();
      return row.verdict === 'not taken' ? [listed, `${GAP}${row.message}`] : [listed];
    }),
  ];
}

/** As many names as fit, and how many more there are: `launcherbase_x86_64_cs9 … +2`; the number alone if none fits. */
function trees(names: Row['trees'], room: number): string {
  if (names.length === 0) return '-';
  for (let shown = names.length; shown > 0; shown--) {
    const text = [...names.slice(0, shown), ...(shown < names.length ? [`… +${names.length - shown}`] : [])].join(' ');
    if (text.length <= room) return text;
  }
  return String(names.length);
}

function columns(rows: readonly (readonly string[])[], trim = true): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(GAP));
  return trim ? lines.map((line) => line.trimEnd()) : lines;
}
