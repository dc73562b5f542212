import type { Json } from '@crpm/core';
import { screenText } from '@crpm/core/screen-text';
import { dependents } from '../view/dependents.js';
import { formatDuration } from '@crpm/reporters/words';
import { markup, type Markup } from '../markup.js';
import { stateWord } from '../node-state.js';
import { anchorOf } from '../page/anchor.js';
import { stateIcon } from '../picture/icons.js';
import type { NodeRecord } from '../run-record.js';
import { didWork, workOf } from '../view/analysis.js';
import { whyOf } from '../view/why.js';
import { failureText } from './failures.js';
import type { PageView } from './page-view.js';

/** Of what a node found out, in characters. */
const FACTS = 20_000;

/** All that is told of one node, its log excepted. */
export function nodePart(view: PageView, node: NodeRecord): Markup {
  const { record, now } = view;
  const why = whyOf(record, node);
  const neededBy = dependents(record.nodes, node.id);
  return markup`<h3 id="${anchorOf(node.id)}-title" tabindex="-1"><span class="id">${node.id}</span> <span class="pill is-${node.state}">${stateIcon(node.state)}${stateWord(node.state, node.role)}</span>${didWork(node) && markup` <span class="number">${formatDuration(workOf(node, now))}</span>`}</h3>
<p class="hint">${node.title}${node.state === 'running' && node.status !== undefined && markup` &middot; ${screenText(node.status)}`}${node.lastMs !== undefined && ` · the last time ${formatDuration(node.lastMs)}`}</p>
<dl class="about">
${why.length > 0 && markup`<dt>Why</dt><dd>${why.length === 1 ? why[0] : markup`<ul>${why.map((reason) => markup`<li>${reason}</li>`)}</ul>`}</dd>`}
${node.warnings.length > 0 && markup`<dt>Warnings</dt><dd><ul>${node.warnings.map((text) => markup`<li>${text}</li>`)}</ul></dd>`}
${node.needs.length > 0 && markup`<dt>Needs</dt><dd>${links(view, node.needs)}</dd>`}
${neededBy.length > 0 && markup`<dt>Needed by</dt><dd>${links(view, neededBy)}</dd>`}
</dl>
${node.failure && node.state !== 'cancelled' && markup`<div class="failure">${failureText(node.failure)}</div>`}
${node.data !== undefined && node.data !== null && markup`<details><summary>What it found out</summary><pre class="facts" tabindex="0" role="group" aria-label="What ${node.id} found out">${facts(node.data)}</pre></details>`}`;
}

function links({ record }: PageView, ids: readonly string[]): readonly Markup[] {
  return ids.map((id, index) => {
    const state = record.node(id)?.state;
    return markup`${index > 0 && ', '}${state ? markup`<a class="node-link is-${state}" href="#${anchorOf(id)}">${stateIcon(state)}${id}</a>` : id}`;
  });
}

function facts(data: Json): string {
  const text = JSON.stringify(data, undefined, 2);
  return text.length > FACTS ? `${text.slice(0, FACTS)}\n… (${String(text.length - FACTS)} characters more; crpm events prints all)` : text;
}
