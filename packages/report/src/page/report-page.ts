import { markup, type Markup } from '../markup.js';
import { layOutPicture } from '../picture/svg.js';
import type { Layout } from '../picture/layout.js';
import { failuresPart } from '../parts/failures.js';
import { graphPart } from '../parts/graph.js';
import { nodeListPart } from '../parts/node-list.js';
import { nodePart } from '../parts/node.js';
import { pageView, type PageView } from '../parts/page-view.js';
import { notesPart, packagesPart, proofPart } from '../parts/tables.js';
import { timelinePart } from '../parts/timeline.js';
import { titleOf, topPart } from '../parts/top.js';
import { mostTelling } from '../view/telling.js';
import type { RunRecord } from '../run-record.js';
import { embedLogs } from '../logs/embed.js';
import { anchorOf } from './anchor.js';
import { dataElement, shell, type PageAssets } from './shell.js';

export interface ReportOptions {
  readonly record: RunRecord;
  /** What the workspace is called. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly killed: boolean;
  readonly assets: PageAssets;
  /** Of all logs, how many bytes go in; default: 256 MiB. */
  readonly logBytes?: number;
}

/** What the script of the page begins with. */
export interface PageData {
  readonly name: string;
  readonly layout: Layout;
  /** The node that is shown first. */
  readonly first?: string;
  /** Absent: the page is whole and asks nobody. */
  readonly live?: { readonly run?: string };
}

/** Writes a run as one page that needs nothing else, piece by piece, logs and all. */
export async function writeReport(options: ReportOptions, write: (text: string) => void): Promise<void> {
  const { record, assets, logBytes } = options;
  const view = pageView({ ...options, layout: await layOutNodes(record) });
  const { head, foot } = shell({ title: titleOf(view), style: assets.style, script: assets.script });
  write(head);
  write(body(view).text);
  const logs = record.nodes.flatMap(({ id, log }) => (log === undefined ? [] : [{ node: id, path: log }]));
  const catalogues = await embedLogs(logs, write, logBytes);
  write(dataElement('crpm-logs', logs.flatMap(({ node }, index) => (catalogues.has(node) ? [{ node, index, ...catalogues.get(node) }] : []))));
  const data = pageData(view);
  write(dataElement('crpm-data', data));
  write(foot);
}

/** The same for a run that goes on: it asks the server that sent it for all that is new, and for the logs. */
export async function livePage(options: Omit<ReportOptions, 'logBytes'>): Promise<string> {
  const view = pageView({ ...options, layout: await layOutNodes(options.record) });
  const run = options.record.started?.run;
  const data: PageData = { ...pageData(view), live: run === undefined ? {} : { run } };
  const { head, foot } = shell({ title: titleOf(view), style: options.assets.style, script: options.assets.script, connect: "'self'" });
  return `${head}${body(view).text}${dataElement('crpm-data', data)}${foot}`;
}

function pageData(view: PageView): PageData {
  const first = mostTelling(view);
  return { name: view.name, layout: view.layout, ...(first === undefined ? {} : { first }) };
}

function layOutNodes(record: RunRecord): Promise<Layout> {
  return layOutPicture(record.nodes);
}

function body(view: PageView): Markup {
  return markup`<a class="skip" href="#nodes">To the nodes</a>
<header class="top"><div data-part="top">${topPart(view)}</div>
<nav aria-label="Parts of the page"><a href="#graph">Graph</a><a href="#timeline">Timeline</a><a href="#nodes">Nodes</a><a href="#results">Results</a><a href="#environment">Environment</a></nav>
<p id="said" role="status" class="unseen"></p></header>
<main>
<section data-part="failures">${failuresPart(view)}</section>
<section data-part="graph">${graphPart(view)}</section>
<section data-part="timeline">${timelinePart(view)}</section>
<section aria-labelledby="nodes"><h2 id="nodes" tabindex="-1">Nodes</h2>
<p class="hint keys">Keys: <kbd>j</kbd> <kbd>k</kbd> next and previous node, <kbd>/</kbd> search its log, <kbd>Enter</kbd> <kbd>Shift</kbd>+<kbd>Enter</kbd> next and previous match, <kbd>Esc</kbd> leave the search.</p>
<div class="nodes">
<nav aria-label="Nodes"><ul id="node-list" data-part="list">${nodeListPart(view)}</ul></nav>
<div id="node-details">${view.record.nodes.map((node) => markup`<article class="node-detail" id="${anchorOf(node.id)}" data-node="${node.id}" aria-labelledby="${anchorOf(node.id)}-title"><div data-about="${node.id}">${nodePart(view, node)}</div>
<div class="log" data-log="${node.id}">${node.log !== undefined && markup`<p class="hint">Its log: <code>${node.log}</code></p>`}</div></article>
`)}</div></div></section>
<div id="results"><section data-part="proof">${proofPart(view)}</section>
<section data-part="packages">${packagesPart(view)}</section></div>
<section data-part="notes">${notesPart(view)}</section>
</main>
`;
}
