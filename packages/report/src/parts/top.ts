import { formatSize } from '@crpm/core/size';
import { progressLine } from '@crpm/reporters/live-progress';
import { formatCcache } from '@crpm/reporters/ccache';
import { count, formatDuration } from '@crpm/reporters/words';
import { markup, type Markup } from '../markup.js';
import { stateWord, type NodeState } from '../node-state.js';
import { runState, savedWork, workOf, type RunState } from '../view/analysis.js';
import { proofOf, rpmsOf } from '../view/facts.js';
import { stateIcon } from '../picture/icons.js';
import type { PageView } from './page-view.js';

const SIGNS: Readonly<Record<RunState, { readonly word: string; readonly state: NodeState }>> = {
  running: { word: 'running', state: 'running' },
  succeeded: { word: 'succeeded', state: 'ran' },
  failed: { word: 'failed', state: 'failed' },
  stopped: { word: 'stopped', state: 'cancelled' },
  killed: { word: 'was killed', state: 'cancelled' },
  none: { word: 'nothing was run yet', state: 'waiting' },
};

/** Of the page: what one wants to read on a tab. */
export function titleOf({ record, name, killed }: Pick<PageView, 'record' | 'name' | 'killed'>): string {
  return `${name}: ${SIGNS[runState(record, killed)].word} - crpm`;
}

/** What run this is, how it stands, and its few great numbers. */
export function topPart(view: PageView): Markup {
  const { record, name, killed, now } = view;
  const { word, state } = SIGNS[runState(record, killed)];
  const { started, ended } = record;
  const took = ended?.ms ?? (started && !killed ? now - started.at : undefined);
  return markup`<div class="title"><h1>${name}</h1><span class="pill is-${state}">${stateIcon(state)}${word}</span></div>
${started && markup`<p class="hint"><code>${started.run}</code> &middot; began <time datetime="${new Date(started.at).toISOString()}">${instant(started.at)}</time>${took !== undefined && (ended || killed ? ` · took ${formatDuration(took)}` : ` · ${progress(view)}`)}${ended && ` · exit code ${String(ended.exitCode)}`}</p>
<dl class="figures">${figures(view).map(([label, value, more]) => markup`<div><dt>${label}</dt><dd>${value}${more !== '' && markup` <small>${more}</small>`}</dd></div>`)}</dl>`}`;
}

/** As the live view of the terminal says it: `9 of 15 done, 12s, about 4s left`. */
function progress({ record, now }: PageView): string {
  const nodes = record.nodes.map((node) => [node.id, { id: node.id, needs: node.needs, state: node.state === 'unknown' ? 'waiting' : node.state, started: node.started ?? now, ...(node.lastMs === undefined ? {} : { lastMs: node.lastMs }) }] as const);
  return progressLine(new Map(nodes), { now, began: record.started?.at ?? now });
}

/** `2026-11-26 10:22:31 UTC` */
export function instant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

type Figure = readonly [label: string, value: string, more: string];

function figures({ record, now, critical }: PageView): readonly Figure[] {
  const saved = savedWork(record);
  const rpms = rpmsOf(record);
  const proof = proofOf(record);
  const ccache = /^ccache: (\d+ of \d+)/.exec(formatCcache(record.nodes.flatMap(({ state, data }) => (state === 'ran' ? [data] : []))))?.[1];
  return [
    ['Nodes', String(record.nodes.length), countStates(record.nodes.map((node) => stateWord(node.state, node.role)))],
    ...(critical.length > 0 ? [['Critical path', formatDuration(critical.reduce((sum, node) => sum + workOf(node, now), 0)), count(critical.length, 'node')] as const] : []),
    ...(saved.nodes.length > 0 ? [['Saved by the cache', saved.ms > 0 ? formatDuration(saved.ms) : '–', `${count(saved.nodes.length, 'node')} not made again`] as const] : []),
    ...(ccache === undefined ? [] : [['Compiler cache', ccache, 'compilations were there already'] as const]),
    ...(rpms.length > 0 ? [['RPMs', String(rpms.length), formatSize(rpms.reduce((sum, { size }) => sum + size, 0))] as const] : []),
    ...(proof ? [['Proof', proof.proven ? (proof.demonstration ? 'shown' : 'proven') : 'NOT PROVEN', proof.demonstration ? 'demonstration, not proof' : proof.resolver] as const] : []),
  ];
}

/** `13 ran, 2 fresh`; what matters first. */
function countStates(words: readonly string[]): string {
  const order = ['failed', 'cancelled', 'running', 'ran', 'restored', 'fresh', 'as it is', 'skipped', 'not run', 'waiting'];
  return order.flatMap((word) => {
    const number = words.filter((one) => one === word).length;
    return number > 0 ? [`${String(number)} ${word}`] : [];
  }).join(', ');
}
