import type { LeftOut } from '@crpm/core';
import { formatDuration } from '@crpm/reporters/words';
import { markup, Markup } from '../markup.js';
import { stateWord, type NodeState } from '../node-state.js';
import { stateStroke } from './icons.js';
import { layOut, type Layout, type Point } from './layout.js';
import { PICTURE_STYLE } from './style.js';

export interface PictureNode {
  readonly id: string;
  readonly group?: string;
  readonly title: string;
  readonly needs: readonly string[];
  readonly state: NodeState;
  readonly role?: LeftOut;
  /** How long it took, or takes by the last time, in milliseconds. */
  readonly ms?: number;
  /** On the way that decided how long the run took. */
  readonly critical?: boolean;
}

export interface PictureOptions {
  /** One line, for those who can't see it. */
  readonly title: string;
  /** Where a box leads to; absent: nowhere. */
  readonly href?: (id: string) => string;
  /** Whether it brings its own style, as a file must; in a page of ours the page has it. */
  readonly styled: boolean;
}

const HEIGHT = 36;
/** Of a character of the two monospaced texts (11 and 10 px), in pixels. */
const STEP_CHARACTER = 6.65;
const BELOW_CHARACTER = 6.05;
/** What stands left and right of the text of a box. */
const AROUND = 33;
const LONGEST = 30;

/** Where the boxes go. There is room in them for any state and time, so that the same layout serves a run from its start to its end. */
export async function layOutPicture(nodes: readonly PictureNode[]): Promise<Layout> {
  const widths = nodes.flatMap((node) => {
    const [step, below] = labels(node, '12m34s');
    return [cut(step).length * STEP_CHARACTER, cut(below).length * BELOW_CHARACTER];
  });
  return layOut(nodes, { width: Math.ceil(Math.max(9 * BELOW_CHARACTER, ...widths)) + AROUND, height: HEIGHT });
}

/** The graph as one SVG element: a box for each node with its state and time, an arrow to what needs it. */
export function drawPicture(nodes: readonly PictureNode[], layout: Layout, options: PictureOptions): Markup {
  const { width, height } = layout;
  return markup`<svg class="picture" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="${options.title}">
<title>${options.title}</title>
${options.styled && new Markup(`<style>${PICTURE_STYLE}</style>`)}
<defs>
<marker id="crpm-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M1 1 7 4 1 7z"/></marker>
<marker id="crpm-arrow-critical" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path class="head is-critical" d="M1 1 7 4 1 7z"/></marker>
</defs>
${drawArrows(layout, nodes)}
${nodes.map((node) => drawNode(node, layout.boxes[node.id] ?? { x: 0, y: 0 }, layout.box.width, options))}
</svg>
`;
}

function drawArrows({ arrows }: Layout, nodes: readonly PictureNode[]): readonly Markup[] {
  const critical = new Set(nodes.filter((node) => node.critical).map(({ id }) => id));
  const drawn = arrows.map(({ from, to, points }) => ({ points, isCritical: critical.has(from) && critical.has(to) }));
  // What matters lies on top.
  return drawn
    .sort((one, other) => Number(one.isCritical) - Number(other.isCritical))
    .map(({ points, isCritical }) => markup`<path class="arrow${isCritical && ' is-critical'}" d="${curve(points)}" marker-end="url(#crpm-arrow${isCritical && '-critical'})"/>\n`);
}

/** Through the points, level at each of them. */
function curve(points: readonly Point[]): string {
  return points.map(({ x, y }, index) => {
    const before = points[index - 1];
    if (!before) return `M${x} ${y}`;
    const middle = Math.round((before.x + x) * 5) / 10;
    return `C${middle} ${before.y} ${middle} ${y} ${x} ${y}`;
  }).join('');
}

function drawNode(node: PictureNode, { x, y }: Point, width: number, { href }: PictureOptions): Markup {
  const [step = '', below = ''] = labels(node);
  const time = timeOf(node);
  const word = `${node.id}: ${stateWord(node.state, node.role)}${time === '' ? '' : `, ${time}`}`;
  const drawn = markup`<g class="node is-${node.state}${node.critical && ' is-critical'}" data-node="${node.id}" transform="translate(${x} ${y})">
<title>${word}
${node.title}</title>
<rect class="box" width="${width}" height="${HEIGHT}" rx="6"/>
<g transform="translate(7 5)">${stateStroke(node.state)}</g>
<text class="step" x="25" y="15">${cut(step)}</text> <text class="below" x="25" y="28">${cut(below)}</text></g>`;
  return href ? markup`<a href="${href(node.id)}" tabindex="-1" aria-label="${cut(step)} ${cut(below)}: ${word}">${drawn}</a>\n` : markup`${drawn}\n`;
}

/** What a node does, and below it for which package and how long: `rpmbuild` and `libvirt 25.6s`. The state has its sign; where there is room it has its word. */
function labels(node: PictureNode, time = timeOf(node)): readonly [string, string] {
  const { id, group } = node;
  const inGroup = group !== undefined && id.startsWith(`${group}.`);
  const [step = '', place] = (inGroup ? id.slice(group.length + 1) : id).split('@', 2);
  const below = [...(inGroup ? [group] : []), ...(place === undefined ? [] : [place]), ...(time === '' ? [] : [time])].join(' ');
  return [step, below || stateWord(node.state, node.role)];
}

function timeOf({ ms }: PictureNode): string {
  return ms === undefined || ms <= 0 ? '' : formatDuration(ms);
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
