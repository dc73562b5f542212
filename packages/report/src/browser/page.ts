import { pageView } from '../parts/page-view.js';
import type { PageData } from '../page/report-page.js';
import { RunRecord } from '../run-record.js';
import { titleOf } from '../parts/top.js';
import { runState } from '../view/analysis.js';
import { mostTelling } from '../view/telling.js';
import { pageJson } from './elements.js';
import { listenForKeys } from './keys.js';
import { follow } from './live.js';
import { Logs } from './logs.js';
import { Parts } from './parts.js';
import { Selection } from './selection.js';

const { name, layout, first, live } = pageJson('crpm-data') as PageData;
document.documentElement.classList.add('scripted');
const logs = new Logs();
const record = new RunRecord();
const ids = [...document.querySelectorAll('.node-detail')].map((article) => article.getAttribute('data-node') ?? '');

const selection = new Selection(() => ids, (id) => {
  if (live?.run === undefined) logs.showEmbedded(id);
  else void logs.showServed(live.run, () => record.node(id), () => selection.selected === id);
});
listenForKeys({
  step: (by) => { selection.step(by); },
  search: () => {
    const view = selection.selected === undefined ? undefined : logs.view(selection.selected);
    view?.focusSearch();
    return view !== undefined;
  },
});
selection.begin(first);
if (live) followRun(live.run);

function followRun(run: string | undefined): void {
  const parts = new Parts();
  const said = document.getElementById('said');
  let killed = false;
  let asked = false;
  const draw = () => {
    asked = false;
    // Before the first event the page knows more than the record does.
    if (!record.started) return;
    const view = pageView({ record, name, now: Date.now(), killed, layout });
    parts.draw(view);
    document.title = titleOf(view);
    selection.mark();
    selection.suggest(mostTelling(view));
    if (selection.selected !== undefined && !logs.view(selection.selected) && run !== undefined) {
      const id = selection.selected;
      void logs.showServed(run, () => record.node(id), () => selection.selected === id);
    }
  };
  const drawSoon = () => {
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  };
  follow(run, {
    event: (event) => {
      // The page was made when the record had no first line yet.
      if (event.type === 'run-started' && event.nodes.length !== ids.length) location.reload();
      record.take(event);
      if (said && event.type === 'node-finished' && event.outcome === 'failed') said.textContent = `${event.node} failed`;
      if (said && event.type === 'run-finished') said.textContent = event.exitCode === 0 ? 'the run succeeded' : 'the run has ended, and not well';
      drawSoon();
    },
    killed: () => {
      killed = true;
      drawSoon();
    },
    newer: () => { location.reload(); },
    connected: (is) => { document.documentElement.classList.toggle('is-alone', !is); },
  });
  // What runs takes longer with each second.
  setInterval(() => { if (runState(record, killed) === 'running') drawSoon(); }, 1000);
}
