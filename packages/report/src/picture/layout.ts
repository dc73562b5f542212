import { withoutImplied, type Needy } from './reduce.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Plain JSON: where everything of a picture is, in pixels; `x` and `y` of a box are its upper left corner. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Of each box. */
  readonly box: Size;
  readonly boxes: Readonly<Record<string, Point>>;
  /** From the right side of what is needed to the left side of what needs it. */
  readonly arrows: readonly { readonly from: string; readonly to: string; readonly points: readonly Point[] }[];
}

const MARGIN = 8;
/** Between the columns. */
const GAP = 30;

/** Lays a graph out from left to right, all boxes of one size; arrows that follow from others are left out. Loads dagre. */
export async function layOut(nodes: readonly Needy[], box: Size): Promise<Layout> {
  const dagre = await import('@dagrejs/dagre');
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 12, edgesep: 8, ranksep: GAP, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { ...box });
  const arrows = [...withoutImplied(nodes)].flatMap(([to, needs]) => needs.map((from) => ({ from, to })));
  for (const { from, to } of arrows) graph.setEdge(from, to);
  dagre.layout(graph);

  const boxes = new Map<string, Point>();
  for (const { id } of nodes) {
    const { x = 0, y = 0 } = graph.node(id) as Partial<Point>;
    boxes.set(id, { x: round(x - box.width / 2), y: round(y - box.height / 2) });
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    // dagre gives -Infinity for a graph without nodes.
    width: nodes.length === 0 ? 0 : Math.ceil(width),
    height: nodes.length === 0 ? 0 : Math.ceil(height),
    box,
    boxes: Object.fromEntries(boxes),
    arrows: arrows.map(({ from, to }) => ({ from, to, points: between(boxes, box, from, to, (graph.edge(from, to) as { points: readonly Point[] }).points) })),
  };
}

/** dagre ends arrows where they meet the border of a box; from the middle of one side to that of the other they are easier to follow. */
function between(boxes: ReadonlyMap<string, Point>, box: Size, from: string, to: string, points: readonly Point[]): readonly Point[] {
  const [start, end] = [boxes.get(from), boxes.get(to)];
  if (!start || !end) return [];
  const inner = points.slice(1, -1).map(({ x, y }) => ({ x: round(x), y: round(y) }));
  const [first, last] = [{ x: start.x + box.width, y: start.y + box.height / 2 }, { x: end.x, y: end.y + box.height / 2 }];
  // Bends within the gaps at both ends would only make it restless; between them it keeps clear of the boxes it passes.
  const passing = inner.filter(({ x }) => x > first.x + GAP && x < last.x - GAP);
  const [entry, exit] = [passing[0], passing.at(-1)];
  return entry && exit ? [first, { x: first.x + GAP, y: entry.y }, ...passing, { x: last.x - GAP, y: exit.y }, last] : [first, last];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
