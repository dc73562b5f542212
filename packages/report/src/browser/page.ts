import { pageView } from '../parts/page-view.js';
import type { PageData } from '../page/report-page.js';
import { RunRecord } from '../run-record.js';
import { runState } from '../view/analysis.js';
import { pageJson } from './elements.js';
import { listenForKeys } from './keys.js';
import { follow } from './live.js';
import { Logs } from './logs.js';
import { Parts } from './parts.js';
import { openForPrint } from './print.js';
import { Selection } from './selection.js';

const { name, layout, live } = pageJson('crpm-data') as PageData;
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
openForPrint();
selection.begin(mostTelling());
if (live) followRun(live.run);

/** What went wrong, else what goes on, else what took longest. */
function mostTelling(): string | undefined {
  const of = (state: string) => document.querySelector(`#node-list .is-${state}`)?.getAttribute('data-select');
  return of('failed') ?? of('running') ?? document.querySelector('.lane.is-critical rect')?.closest('.lane')?.querySelector('a')?.textContent ?? ids[0];
}

function followRun(run: string | undefined): void {
  const parts = new Parts();
  const said = document.getElementById('said');
  let killed = false;
  let asked = false;
  const draw = () => {
    asked = false;
    // Before the first event the page knows more than the record does.
    if (!record.started) return;
    parts.draw(pageView({ record, name, now: Date.now(), killed, layout }));
    selection.mark();
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
