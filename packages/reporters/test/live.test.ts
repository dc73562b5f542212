import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReporter } from '../src/index.js';
import { LiveModel } from '../src/live-model.js';
import { failingRun, failingSummary, Recorded } from './events.js';

beforeEach(() => {
  vi.stubEnv('CI', '');
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('the model keeps state, elapsed time and the last line of each node', () => {
  let now = 1000;
  const model = new LiveModel(() => now);
  const titles = () => [...model.nodes.values()].map((node) => `${model.title(node)}${node.line && ` | ${node.line}`}`);
  for (const event of failingRun.slice(0, 8)) model.take(event);
  now = 3500;
  expect(titles()).toEqual(['base  fresh', 'a.source  ran 0.3s', 'a.rpmbuild  2.5s | main.c:1: error', 'createrepo']);
  for (const event of failingRun.slice(8)) model.take(event);
  expect(titles()).toEqual(['base  fresh', 'a.source  ran 0.3s', 'a.rpmbuild  failed 1m05s', 'createrepo  not run']);
});

test('how long a node is expected to take stands beside how long it has taken; once it is over that, what the last time was', () => {
  let now = 1000;
  const model = new LiveModel(() => now);
  const nodes = [{ id: 'long', kind: 'k', title: 'long', needs: [], lastMs: 40_000 }, { id: 'short', kind: 'k', title: 'short', needs: [], lastMs: 400 }];
  model.take({ type: 'run-started', at: 0, run: 'r', logs: '/l', nodes });
  for (const { id } of nodes) model.take({ type: 'node-started', at: 0, node: id, reason: 'forced', log: '/l' });
  const titles = () => [...model.nodes.values()].map((node) => model.title(node));
  now = 3500;
  expect(titles()).toEqual(['long  2.5s of about 40s', 'short  2.5s']);
  now = 61_000;
  expect(titles()[0]).toBe('long  1m00s (40s the last time)');
});

test('a result that is on its way from elsewhere is drawn like a node that runs, and what is said of one that ended changes nothing', () => {
  let now = 1000;
  const model = new LiveModel(() => now);
  const [started] = failingRun;
  if (started) model.take(started);
  model.take({ type: 'node-status', at: 0, node: 'a.rpmbuild', text: 'taking it from the shared store' });
  now = 3500;
  expect([...model.nodes.values()].map((node) => model.title(node))).toContain('a.rpmbuild  2.5s');
  model.take({ type: 'node-finished', at: 0, node: 'a.rpmbuild', outcome: 'restored', ms: 2600 });
  model.take({ type: 'node-status', at: 0, node: 'a.rpmbuild', text: 'pushing' });
  expect([...model.nodes.values()].map((node) => model.title(node))).toContain('a.rpmbuild  restored 2.6s');
});

test('on a terminal it draws the nodes, gives the cursor back and ends with the summary', async () => {
  const stream = new Recorded(true);
  const reporter = await createReporter('live', { stream, colour: false });
  for (const event of failingRun.slice(0, 8)) reporter.sink(event);
  await vi.waitFor(() => expect(stream.text).toContain('main.c:1: error'), { timeout: 10_000 });
  expect(stream.text).toContain('a.source  ran 0.3s');
  for (const event of failingRun.slice(8)) reporter.sink(event);
  await reporter.close();
  expect(stream.text.endsWith(failingSummary)).toBe(true);
  expect(stream.text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stream.text.lastIndexOf('\u001b[?25l'));
});

test('after a failure nothing of the view is left above the summary, and nothing is drawn after it', async () => {
  const stream = new Recorded(true, 5);
  const reporter = await createReporter('live', { stream, colour: false });
  for (const event of failingRun.slice(0, 8)) reporter.sink(event);
  await vi.waitFor(() => expect(stream.text).toContain('main.c:1: error'), { timeout: 10_000 });
  expect(stream.text).toContain('2 of 4 done, ');
  expect(stream.text).toContain('✔ 2 more');
  for (const event of failingRun.slice(8)) reporter.sink(event);
  const drawn = stream.text.length;
  await reporter.close();
  await new Promise((resolve) => setImmediate(resolve));
  // Between the view and the summary only what clears it.
  expect(stream.text.slice(drawn).replace(/\u001b\[\??[\d;]*[A-Za-z]/g, '')).toBe(failingSummary);
});

test('off a terminal it is plain', async () => {
  const [live, plain] = await Promise.all((['live', 'plain'] as const).map(async (name) => {
    const stream = new Recorded(false);
    const reporter = await createReporter(name, { stream });
    for (const event of failingRun) reporter.sink(event);
    return stream.text;
  }));
  expect(live).toBe(plain);
});

test('a run that is over in a moment opens no view', async () => {
  const stream = new Recorded(true);
  const reporter = await createReporter('live', { stream, colour: false });
  for (const event of failingRun) reporter.sink(event);
  await reporter.close();
  expect(stream.text).toBe(failingSummary);
});

test('a run in which all is fresh draws nothing but the summary', async () => {
  const stream = new Recorded(true);
  const reporter = await createReporter('live', { stream, colour: false });
  for (const event of [failingRun[0], failingRun[1], failingRun.at(-1)]) if (event) reporter.sink(event);
  await reporter.close();
  expect(stream.text).toBe('node  outcome      time\nbase  fresh           -\n\n1 node: 1 fresh; 1m05s\n');
});
