import { count, formatDuration } from '@crpm/reporters/words';
import { markup, type Markup } from '../markup.js';
import { stateWord } from '../node-state.js';
import { anchorOf } from '../page/anchor.js';
import { stateIcon } from '../picture/icons.js';
import { didWork, savedWork, waitOf, workOf } from '../view/analysis.js';
import type { NodeRecord } from '../run-record.js';
import type { PageView } from './page-view.js';

/** Lengths between two marks, in milliseconds. */
const STEPS = [100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000];
/** Marks at most. */
const MARKS = 6;

/** A wait that is a lesser share of the work says nothing. */
const TELLING = 0.1;

/** What ran when, the way that decided how long it took, and what was saved. */
export function timelinePart(view: PageView): Markup {
  const { record, now, critical } = view;
  const lanes = record.nodes.filter(didWork).toSorted((one, other) => (one.started ?? 0) - (other.started ?? 0));
  const began = record.started?.at ?? 0;
  // By the monotonic clock where it is known: the wall clock may have been set meanwhile.
  const length = Math.max(1, ...lanes.map((node) => (node.started ?? 0) - began + workOf(node, now)), record.ended?.ms ?? 0);
  const marks = marksOf(length);
  const path = new Set(critical.map(({ id }) => id));
  return markup`<h2 id="timeline">Timeline</h2>
${lanes.length === 0 ? markup`<p class="hint">Nothing had to run.</p>` : markup`<div class="timeline">
<div class="lane axis" aria-hidden="true"><span></span><svg class="bar">${marks.map((at) => markup`<text x="${percent(at / length)}" y="11">${formatMark(at)}</text>`)}</svg><span></span></div>
<ol>${lanes.map((node) => lane(node, { began, length, marks, isCritical: path.has(node.id), now }))}</ol></div>`}
${told(view)}`;
}

function lane(node: NodeRecord, { began, length, marks, isCritical, now }: { readonly began: number; readonly length: number; readonly marks: readonly number[]; readonly isCritical: boolean; readonly now: number }): Markup {
  const from = Math.max(0, (node.started ?? began) - began) / length;
  const work = workOf(node, now);
  return markup`<li class="lane is-${node.state}${isCritical && ' is-critical'}"><a href="#${anchorOf(node.id)}">${stateIcon(node.state)}${node.id}</a><svg class="bar" aria-hidden="true">${marks.map((at) => markup`<line x1="${percent(at / length)}" x2="${percent(at / length)}" y1="0" y2="100%"/>`)}<rect x="${percent(from)}" y="4" width="${percent(Math.max(0.0015, work / length))}" height="10" rx="2"/></svg><span class="number">${formatDuration(work)}<span class="unseen">, ${stateWord(node.state)}${isCritical && ', on the critical path'}</span></span></li>
`;
}

function told({ record, critical, now }: PageView): Markup {
  const saved = savedWork(record);
  const work = critical.reduce((sum, node) => sum + workOf(node, now), 0);
  const waited = waitOf(record, critical);
  return markup`${critical.length > 1 && markup`<p><b class="critical">Critical path</b>, ${formatDuration(work)}${record.ended && ` of ${formatDuration(record.ended.ms)}`}: ${critical.map((node, index) => markup`${index > 0 && ' → '}<a href="#${anchorOf(node.id)}">${node.id}</a> <span class="faint">${formatDuration(workOf(node, now))}</span>`)}${waited > TELLING * work && `. It waited ${formatDuration(waited)} for its turn, while other nodes ran`}</p>`}
${saved.nodes.length > 0 && markup`<p><b class="kept">Saved by the cache</b>${saved.ms > 0 && `, ${formatDuration(saved.ms)} by the last times`}: ${count(saved.nodes.length, 'node')} not made again: ${saved.nodes.map((node, index) => markup`${index > 0 && ', '}<a href="#${anchorOf(node.id)}">${node.id}</a>${node.lastMs !== undefined && markup` <span class="faint">${formatDuration(node.lastMs)}</span>`}`)}</p>`}`;
}

function marksOf(length: number): readonly number[] {
  const step = STEPS.find((one) => length / one <= MARKS) ?? Math.ceil(length / MARKS / 14_400_000) * 14_400_000;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}

/** Whole where the last mark is. */
function formatMark(ms: number): string {
  return ms === 0 ? '0' : formatDuration(ms).replace(/\.0s$/, 's').replace(/m00s$/, 'm').replace(/h00m$/, 'h');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
