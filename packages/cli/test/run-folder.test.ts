import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event, Graph, GraphNode, NodeOutcome, WorkspacePaths } from '@crpm/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changesSince } from '../src/changes-since.js';
import { lastAttempt } from '../src/last-attempt.js';
import { readRecordedRuns } from '../src/history.js';
import { formatStatus } from '../src/read-status.js';
import { listRuns, newRunId, pruneRuns, readEvents, runLogs } from '../src/run-folder.js';
import { formatRuns, runOverviews } from '../src/run-overview.js';

let workspace: WorkspacePaths;
beforeEach(() => {
  const state = mkdtempSync(join(tmpdir(), 'crpm-runs-'));
  workspace = { state, id: 'w', cache: state };
});
afterEach(() => {
  rmSync(workspace.state, { recursive: true });
});

function record(minute: number, events: readonly Event[], tail = ''): string {
  const id = newRunId(new Date(Date.UTC(2026, 0, 2, 3, minute)));
  mkdirSync(runLogs(workspace, id), { recursive: true });
  writeFileSync(join(runLogs(workspace, id), 'events.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join('') + tail);
  return id;
}

const counts: Record<NodeOutcome, number> = { ran: 0, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 };
const started: Event = { type: 'run-started', at: 1000, run: 'r', nodes: [], logs: '' };
const ended = (node: string, outcome: NodeOutcome, at: number): Event => ({ type: 'node-finished', at, node, outcome, ms: 5 });
const did = (what: Partial<typeof counts>, exitCode = 0): Event => ({ type: 'run-finished', at: 9000, run: 'r', ms: 8000, exitCode, counts: { ...counts, ...what } });
const finished = (exitCode: number): Event => did({}, exitCode);

test('names of runs carry their time, so that they sort', () => {
  expect(newRunId(new Date('2026-11-22T15:04:05.678Z'))).toMatch(/^20261122T150405\.678Z-[0-9a-f]{6}$/);
});

test('of runs that begin within one second the later one is the last', () => {
  const at = (ms: number) => {
    const id = newRunId(new Date(Date.UTC(2026, 0, 2, 3, 4, 5, ms)));
    mkdirSync(runLogs(workspace, id), { recursive: true });
    return id;
  };
  const ids = Array.from({ length: 20 }, (_, index) => at(index * 49));
  expect(listRuns(workspace)).toEqual(ids);
  expect(readRecordedRuns(workspace, [], undefined).last?.id).toBe(ids.at(-1));
});

test('of the recorded runs twenty are kept, the new one included', () => {
  const ids = Array.from({ length: 25 }, (_, minute) => record(minute, [started]));
  pruneRuns(workspace);
  expect(listRuns(workspace)).toEqual(ids.slice(-19));
});

test('runs that found all fresh never push out one that did something; of them five are kept', () => {
  const built = [record(0, [started, ended('a', 'ran', 2000), did({ ran: 1 })]), record(1, [started, ended('a', 'failed', 2000), did({ failed: 1 }, 1)]), record(2, [started]), record(3, [started, ended('a', 'restored', 2000), did({ restored: 1 })])];
  const nulls = Array.from({ length: 30 }, (_, minute) => record(4 + minute, [started, ended('a', 'fresh', 5000), did({ fresh: 1 })]));
  pruneRuns(workspace);
  expect(listRuns(workspace)).toEqual([...built, ...nulls.slice(-4)]);
});

test('a record that a crash cut off ends the list of events', () => {
  const id = record(0, [started, ended('a', 'ran', 2000)], '{"type":"node-fin');
  expect(readEvents(runLogs(workspace, id))).toEqual([started, ended('a', 'ran', 2000)]);
});

test('of each node the outcome in the last run is known, and when it last really ran', () => {
  const first = record(0, [started, ended('a', 'ran', 2000), ended('b', 'failed', 3000), finished(1)]);
  const second = record(1, [started, ended('a', 'fresh', 5000), ended('b', 'not-run', 6000), finished(0)]);
  expect(readRecordedRuns(workspace, ['a', 'b', 'c'], undefined)).toEqual({
    last: { id: second, started: 1000, finished: { at: 9000, exitCode: 0, ms: 8000 } },
    nodes: [
      { node: 'a', outcome: 'fresh', ran: { run: first, at: 2000, ms: 5, outcome: 'ran' }, good: { run: second, at: 5000, outcome: 'fresh' } },
      { node: 'b', outcome: 'not-run', ran: { run: first, at: 3000, ms: 5, outcome: 'failed' } },
      { node: 'c' },
    ],
  });
});

test('what a node did in an earlier run is not told as of the last one', () => {
  const first = record(0, [started, ended('a', 'ran', 2000), ended('b', 'ran', 3000), finished(0)]);
  record(1, [started, ended('a', 'fresh', 5000), finished(0)]);
  const status = { workspace: workspace.state, ...readRecordedRuns(workspace, ['a', 'b', 'c'], undefined) };
  expect(status.nodes[1]).toEqual({ node: 'b', ran: { run: first, at: 3000, ms: 5, outcome: 'ran' }, good: { run: first, at: 3000, outcome: 'ran' } });
  expect(formatStatus(status, 10_000).split('\n').slice(-5)).toEqual([
    expect.stringMatching(/^node +last run +last time it did$/),
    expect.stringMatching(/^a +fresh +ran 8 seconds ago in /),
    expect.stringMatching(/^b +no part in it +ran 7 seconds ago in /),
    expect.stringMatching(/^c +never ran$/),
    '',
  ]);
});

test('of a node that never ran here the time is told at which its result came from a store', () => {
  record(0, [started, ended('a', 'restored', 2000), finished(0)]);
  record(1, [started, ended('b', 'failed', 3000), finished(1)]);
  expect(formatStatus({ workspace: workspace.state, ...readRecordedRuns(workspace, ['a'], undefined) }, 10_000)).toMatch(/\na +no part in it +restored 8 seconds ago\n$/);
});

test('a result that was removed since is told as such, and a failure as a failure', () => {
  record(0, [started, ended('a', 'ran', 2000), ended('b', 'ran', 2000), finished(0)]);
  record(1, [started, ended('a', 'fresh', 5000), ended('b', 'failed', 5000), finished(1)]);
  const { last, nodes } = readRecordedRuns(workspace, ['a', 'b', 'c'], undefined);
  const status = (...removed: readonly string[]) => formatStatus({ workspace: workspace.state, ...(last ? { last } : {}), nodes: nodes.map((node) => (removed.includes(node.node) ? { ...node, removed: true } : node)) }, 10_000);
  expect(status('a', 'b')).toMatch(/\nresults +removed since, as by crpm clean; crpm plan says what a run makes again\n\n.*\na +result removed +ran 8 seconds ago in .*\nb +failed +failed 5 seconds ago in .*\nc +never ran\n$/);
  expect(status('a')).toMatch(/\nresults +removed since, as by crpm clean, of some nodes; /);
  expect(status()).not.toContain('removed');
});

test('a failure that was mended is not told of the result that holds again', () => {
  const good = record(0, [started, ended('a', 'ran', 2000), finished(0)]);
  record(1, [started, ended('a', 'failed', 5000), finished(1)]);
  const failed = readRecordedRuns(workspace, ['a'], undefined).nodes[0];
  record(2, [started, { ...ended('a', 'fresh', 6000), role: 'as-is' } as Event, finished(0)]);
  expect(readRecordedRuns(workspace, ['a'], undefined).nodes[0]?.ran).toEqual(failed?.ran);
  const held = record(3, [started, ended('a', 'fresh', 7000), finished(0)]);
  expect(readRecordedRuns(workspace, ['a'], undefined).nodes).toEqual([{ node: 'a', outcome: 'fresh', ran: { run: good, at: 2000, ms: 5, outcome: 'ran' }, good: { run: held, at: 7000, outcome: 'fresh' } }]);
});

test('the last attempt at a node: why it ran and how it failed, until its result was found to hold again', () => {
  const begun = (reason: string): Event => ({ type: 'node-started', at: 1, node: 'a', reason, log: '/l' });
  const failure = { class: 'build', message: 'no', lines: ['x'] } as const;
  expect(lastAttempt(workspace, 'a')).toBeUndefined();
  const good = record(0, [started, begun('first run'), ended('a', 'ran', 2000), ended('b', 'failed', 2000), finished(0)]);
  const bad = record(1, [started, begun('tree: a.c changed'), { ...ended('a', 'failed', 3000), failure, log: '/l' } as Event, finished(1)]);
  record(2, [started, ended('a', 'not-run', 4000), finished(1)]);
  expect(lastAttempt(workspace, 'a')).toEqual({ run: bad, at: '1970-01-01T00:00:03.000Z', ms: 5, outcome: 'failed', reasons: ['tree: a.c changed'], failure: { node: 'a', log: '/l', class: 'build', message: 'no' } });
  record(3, [started, ended('a', 'fresh', 5000), finished(0)]);
  expect(lastAttempt(workspace, 'a')).toMatchObject({ run: good, outcome: 'ran', reasons: ['first run'] });
});

test('status tells what failed in the last run in a few words, where its log is, and what to type', () => {
  const failure = { class: 'build', message: 'rpmbuild ended with exit code 1', next: 'Mend a.c.', lines: ['a.c:1: error'], complaints: [], commands: ['crpm shell a'] } as const;
  record(0, [started, { ...ended('a', 'failed', 2000), failure, log: '/logs/a.log' } as Event, ended('b', 'not-run', 2000), finished(1)]);
  const text = formatStatus({ workspace: workspace.state, ...readRecordedRuns(workspace, ['a', 'b'], undefined) }, 10_000);
  expect(text).toMatch(/\nb +not run\n\na failed: rpmbuild ended with exit code 1\n {2}next: Mend a\.c\.\n {2}type: crpm logs a; crpm shell a\n {2}log: {2}\/logs\/a\.log\n$/);
  record(1, [started, ended('a', 'fresh', 3000), finished(0)]);
  expect(readRecordedRuns(workspace, ['a'], undefined)).not.toHaveProperty('failures');
});

test('what the needs of a node ran for since its result was last of them: their own causes, and only where they came to an end', async () => {
  const needs = (id: string, ...of: readonly string[]): [string, GraphNode] => [id, { id, kind: 'k', title: id, needs: of, params: null }];
  const graph: Graph = { nodes: new Map([needs('tree'), needs('dist', 'tree'), needs('rpms', 'dist'), needs('other')]) };
  const begun = (node: string, reason: string, cause?: 'needs'): Event => ({ type: 'node-started', at: 1, node, reason, log: '', ...(cause ? { cause } : {}) });
  record(0, [started, begun('tree', 'tree: too-early.c changed'), ended('tree', 'ran', 2)]);
  record(1, [started, begun('tree', 'first run'), ended('tree', 'ran', 2), begun('rpms', 'first run'), ended('rpms', 'ran', 3)]);
  const failed = record(2, [started, begun('tree', 'tree: a.c changed'), ended('tree', 'ran', 2), begun('dist', 'tree changed', 'needs'), ended('dist', 'ran', 2), begun('rpms', 'dist changed', 'needs'), ended('rpms', 'failed', 3), begun('other', 'forced'), ended('other', 'ran', 3)]);
  record(3, [started, begun('tree', 'tree: broken.c changed'), ended('tree', 'failed', 2)]);
  const again = record(4, [started, begun('tree', 'tree: b.c new'), ended('tree', 'ran', 2), ended('rpms', 'failed', 3)]);
  record(5, [started, { ...ended('rpms', 'fresh', 2), role: 'as-is', stale: 'dist changed' } as Event]);
  expect(await changesSince(workspace, graph, 'rpms')).toEqual([{ node: 'tree', run: failed, reason: 'tree: a.c changed' }, { node: 'tree', run: again, reason: 'tree: b.c new' }]);
  record(6, [started, begun('tree', 'tree: b.c gone'), ended('tree', 'ran', 2), ended('rpms', 'fresh', 3)]);
  expect(await changesSince(workspace, graph, 'rpms')).toEqual([]);
});

test('a source that is again as it was has not changed; one whose trees nobody kept is told in the words of its runs', async () => {
  const one = (id: string, kind: string, ...needs: readonly string[]): [string, GraphNode] => [id, { id, kind, title: id, needs, params: null }];
  const graph: Graph = { nodes: new Map([one('a', 'source'), one('rpms', 'rpmbuild', 'a')]) };
  const read = (digest: string, reason: string): readonly Event[] => [{ type: 'node-started', at: 1, node: 'a', reason, log: '' }, { ...ended('a', 'ran', 2), data: { digest, specInputs: '', warnings: [], here: { dir: '/a' } } } as Event];
  record(0, [started, ...read('1', 'first run'), ended('rpms', 'ran', 3)]);
  const edited = record(1, [started, ...read('2', 'tree: a.c changed'), ended('rpms', 'failed', 3)]);
  expect(await changesSince(workspace, graph, 'rpms')).toEqual([{ node: 'a', run: edited, reason: 'tree: a.c changed' }]);
  record(2, [started, ...read('1', 'tree: a.c changed')]);
  expect(await changesSince(workspace, graph, 'rpms')).toEqual([]);
});

describe('a run without an end', () => {
  const since = (ms: number) => ({ since: new Date(ms).toISOString(), pid: 7, host: 'h', command: 'crpm run' });
  const [before, later] = [since(500), since(1500)];

  test.each([
    { what: 'was killed where nobody works in the workspace', holder: undefined, killed: true },
    { what: 'was killed where somebody does who came later', holder: later, killed: true },
    { what: 'still runs where who came before it does', holder: before, killed: false },
  ])('$what', ({ holder, killed }) => {
    const id = record(0, [started, ended('a', 'fresh', 2000)]);
    const expected = { id, started: 1000, ...(killed ? { killed: true } : {}) };
    const history = readRecordedRuns(workspace, ['b'], holder);
    expect(history.last).toEqual(expected);
    expect(runOverviews(workspace, holder)).toEqual([{ ...expected, nodes: { ran: [], fresh: ['a'], restored: [], failed: [], 'not-run': [], cancelled: [] } }]);
    expect(formatStatus({ workspace: workspace.state, ...history }, 10_000)).toContain(`begun 9 seconds ago, ${killed ? 'was killed' : 'still runs'}\n`);
    expect(formatRuns(runOverviews(workspace, holder), 10_000).split('\n')[1]).toMatch(killed ? / 9 seconds ago +- +was killed +nothing$/ : / 9 seconds ago +- +still runs +nothing yet$/);
  });

  test('tells apart what runs, what waits for its turn and what has no part in it', () => {
    const nodes = ['a', 'b', 'c'].map((id) => ({ id, kind: 'k', title: id, needs: [] }));
    record(0, [started, ended('b', 'ran', 500), ended('d', 'ran', 500), finished(0)]);
    record(1, [{ ...started, nodes } as Event, { type: 'node-started', at: 1, node: 'a', reason: 'forced', log: '' }, ended('a', 'ran', 2000), { type: 'node-started', at: 1, node: 'b', reason: 'forced', log: '' }]);
    const table = (holder?: typeof before) => formatStatus({ workspace: workspace.state, ...readRecordedRuns(workspace, ['a', 'b', 'c', 'd'], holder) }, 10_000).split('\n').slice(-5, -1).map((line) => line.split(/ {2,}/)[1]);
    expect(table(before)).toEqual(['ran', 'running', 'waiting', 'not in this run']);
    expect(table()).toEqual(['ran', 'was killed', 'never ran', 'was killed']);
  });

  test('nothing else is told of one that has ended', () => {
    record(0, [started, ended('a', 'fresh', 2000), finished(0)]);
    expect(readRecordedRuns(workspace, [], undefined).last).not.toHaveProperty('killed');
    expect(formatRuns(runOverviews(workspace, undefined), 10_000)).toMatch(/ 8\.0s +0 +all fresh\n$/);
  });
});
