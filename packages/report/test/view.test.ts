import type { Event } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import { pageView } from '../src/parts/page-view.js';
import { RunRecord } from '../src/run-record.js';
import { criticalPath, runState, savedWork, waitOf } from '../src/view/analysis.js';
import { basesOf, clusterOf, proofOf, rpmsOf } from '../src/view/facts.js';
import { mostTelling } from '../src/view/telling.js';
import { whyOf } from '../src/view/why.js';

type Finished = Extract<Event, { readonly type: 'node-finished' }>;

/** A run of nodes `a`, `b`, … with their needs; further events are given. */
function record(needs: Readonly<Record<string, readonly string[]>>, events: readonly Event[] = []): RunRecord {
  const made = new RunRecord();
  const nodes = Object.entries(needs).map(([id, of]) => ({ id, kind: 'k', title: id, needs: of, lastMs: 1000 }));
  for (const event of [{ type: 'run-started', at: 0, run: 'r', logs: '/l', nodes } as const, ...events]) made.take(event);
  return made;
}
const start = (node: string, at: number): Event => ({ type: 'node-started', at, node, reason: 'first run', log: `/l/${node}.log` });
const end = (node: string, at: number, more: Partial<Finished> = {}): Event => ({ type: 'node-finished', at, node, outcome: 'ran', ms: 5, ...more });
const ended = (exitCode: number): Event => ({ type: 'run-finished', at: 99, run: 'r', ms: 99, exitCode, counts: { ran: 0, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 } });
const ids = (nodes: readonly { readonly id: string }[]) => nodes.map(({ id }) => id);

describe('the critical path', () => {
  test('goes from what ended last always to the need that was done with last, and leaves out what did no work', () => {
    const run = record({ a: [], b: [], c: ['a', 'b'], d: ['c'], e: ['a'] }, [start('a', 0), end('a', 10), start('b', 0), end('b', 30), end('c', 31, { outcome: 'fresh' }), start('d', 31), end('d', 60), start('e', 10), end('e', 20)]);
    expect(ids(criticalPath(run, 99))).toEqual(['b', 'd']);
  });

  test('of a run that goes on ends with what runs', () => {
    const run = record({ a: [], b: ['a'], c: [] }, [start('a', 0), end('a', 10), start('b', 10), start('c', 20)]);
    expect(ids(criticalPath(run, 50))).toEqual(['a', 'b']);
  });

  test('waits where others have the processors, and not where a need is still at work', () => {
    const run = record({ a: [], b: [], c: ['a'] }, [start('a', 2), end('a', 10), start('b', 10), end('b', 40), start('c', 41), end('c', 50)]);
    expect(ids(criticalPath(run, 99))).toEqual(['a', 'c']);
    expect(waitOf(run, criticalPath(run, 99))).toBe(2 + 31);
  });

  test('of nothing is nothing', () => {
    expect(criticalPath(new RunRecord(), 0)).toEqual([]);
    expect(criticalPath(record({ a: [] }, [end('a', 1, { outcome: 'fresh' })]), 9)).toEqual([]);
  });
});

test('first one wants to see what failed, else what runs, else what took longest', () => {
  const telling = (events: readonly Event[]) => mostTelling(pageView({ record: record({ a: [], b: ['a'], c: [] }, events), name: 'k', now: 99, killed: false, layout: { width: 0, height: 0, box: { width: 0, height: 0 }, boxes: {}, arrows: [] } }));
  expect(telling([])).toBe('a');
  expect(telling([start('a', 0), end('a', 1, { ms: 9 }), start('b', 1), end('b', 2)])).toBe('a');
  expect(telling([start('a', 0), end('a', 1, { ms: 9 }), start('b', 1)])).toBe('b');
  expect(telling([start('b', 1), start('c', 0), end('c', 2, { outcome: 'failed' })])).toBe('c');
});

test('saved is what was fresh or came back, not what was left out', () => {
  const run = record({ a: [], b: [], c: [], d: [] }, [end('a', 1, { outcome: 'fresh' }), end('b', 1, { outcome: 'restored' }), end('c', 1, { outcome: 'fresh', role: 'skipped' }), end('d', 1)]);
  expect([ids(savedWork(run).nodes), savedWork(run).ms]).toEqual([['a', 'b'], 2000]);
});

test('how a run stands', () => {
  expect(runState(new RunRecord(), false)).toBe('none');
  expect(runState(record({}), false)).toBe('running');
  expect(runState(record({}), true)).toBe('killed');
  expect([0, 1, 3, 130, 143].map((code) => runState(record({}, [ended(code)]), false))).toEqual(['succeeded', 'failed', 'failed', 'stopped', 'stopped']);
});

describe('why', () => {
  const why = (needs: Readonly<Record<string, readonly string[]>>, events: readonly Event[], id: string) => {
    const run = record(needs, events);
    return whyOf(run, run.node(id)!);
  };
  test('a node ran: each reason, or the line where there is but one', () => {
    expect(why({ a: [] }, [start('a', 0)], 'a')).toEqual(['first run']);
    expect(why({ a: [] }, [{ ...start('a', 0), reasons: ['x changed', 'y new'] } as Event], 'a')).toEqual(['x changed', 'y new']);
  });
  test('a node did not run', () => {
    expect(why({ a: [] }, [end('a', 1, { outcome: 'fresh' })], 'a')).toEqual(['nothing it depends on changed: its last result holds']);
    expect(why({ a: [] }, [end('a', 1, { outcome: 'restored' })], 'a')).toEqual(['a result for these very inputs was in the store']);
    expect(why({ a: [] }, [end('a', 1, { outcome: 'fresh', role: 'as-is', asOf: '2026-08-22', stale: 'tree: x.c changed' })], 'a')).toEqual(['left out by --only: its result of 2026-08-22 was used as it stands', 'that is stale: tree: x.c changed']);
    expect(why({ a: [] }, [end('a', 1, { outcome: 'not-run', role: 'skipped' })], 'a')).toEqual(['left out by --skip; there is no result to stand in']);
  });
  test('a node was not reached: by the nearest that failed', () => {
    const events = [end('a', 1, { outcome: 'failed' }), end('b', 1, { outcome: 'not-run' }), end('c', 1, { outcome: 'not-run' })];
    expect(why({ a: [], b: ['a'], c: ['b'] }, events, 'c')).toEqual(['it rests on a, which failed']);
    expect(why({ a: [] }, [end('a', 1, { outcome: 'not-run' })], 'a')).toEqual(['the run was stopped before its turn']);
  });
  test('a node waits', () => {
    expect(why({ a: [], b: ['a'] }, [], 'b')).toEqual(['waits for a']);
    expect(why({ a: [], b: ['a'] }, [end('a', 1)], 'b')).toEqual(['waits for its turn']);
    expect(why({ a: [] }, [ended(1)], 'a')).toEqual(['its turn never came']);
  });
});

describe('facts', () => {
  const rpm = { name: 'qemu-kvm', epoch: 17, version: '10.1.0', release: '1.el9', arch: 'x86_64', file: 'qemu-kvm.rpm', size: 5, sha256: 'ab' };
  test('RPMs of whoever made them, not of the repository that names them again', () => {
    const run = record({ 'qemu.rpmbuild': [], createrepo: [] }, [end('qemu.rpmbuild', 1, { data: { package: 'qemu', rpms: [rpm, { name: 'odd' }, null] } }), end('createrepo', 2, { data: { generation: 'g', repos: [{ rpms: [rpm] }] } })]);
    expect(rpmsOf(run)).toEqual([{ node: 'qemu.rpmbuild', name: 'qemu-kvm', evr: '17:10.1.0-1.el9', arch: 'x86_64', file: 'qemu-kvm.rpm', size: 5, sha256: 'ab' }]);
  });

  test('what packages were built in', () => {
    expect(basesOf(record({ base: [], b: [] }, [end('base', 1, { data: { from: 'docker sha256:ab', dist: '.el9', dnf: true } }), end('b', 1, { data: { dist: '.el9' } })]))).toEqual([{ node: 'base', from: 'docker sha256:ab', dist: '.el9' }]);
  });

  test('the proof, of a node that shows it and of one that fails for want of it', () => {
    const proof = { proven: false, standing: 'proof', resolver: 'bazeldnf', rows: [{ name: 'r', evr: '0:1-1', arch: 'x86_64', stream: 9, verdict: 'not taken', message: 'no', trees: ['t'] }, { name: 's', stream: 10, arch: 'x86_64' }], complaints: [{ check: 'trees', message: 'm', next: 'n' }], moved: [{ name: 'p', before: [], after: ['1'], trees: ['t'] }] };
    const shown = proofOf(record({ verify: [] }, [end('verify', 1, { data: { proof, stale: { qemu: '2026' }, absent: ['seabios'], allowOfficial: ['x'] } })]))!;
    expect(shown).toMatchObject({ node: 'verify', proven: false, demonstration: false, complaints: [{ check: 'trees', message: 'm', next: 'n' }], moved: [{ name: 'p', before: 'new', after: '1', trees: 't' }] });
    const demonstrated = { ...proof, holds: true, standing: 'demonstration' };
    expect(proofOf(record({ verify: [] }, [end('verify', 1, { data: { proof: demonstrated } })]))).toMatchObject({ proven: true, demonstration: true });
    expect(shown.rows.map(({ place }) => place)).toEqual(['x86_64_cs9', 'x86_64_cs10']);
    expect(shown.notes).toHaveLength(3);
    expect(proofOf(record({ verify: [] }, [end('verify', 1, { outcome: 'failed', failure: { class: 'proof', message: 'm', data: { proof } } })]))?.resolver).toBe('bazeldnf');
    expect(proofOf(record({ a: [] }, [end('a', 1, { data: { proof: 'odd' } })]))).toBeUndefined();
  });

  test('the proof from a cluster is told from the other', () => {
    const proof = { proven: true, stream: 9, rows: [{ name: 'r', version: '1-1', files: 2, equal: 1, differ: ['/a'], missing: [], unreadable: [] }], versions: [], complaints: [] };
    const run = record({ 'verify-cluster': [] }, [end('verify-cluster', 1, { data: { proof, here: { launcher: { namespace: 'ns', pod: 'pod' } } } })]);
    expect(clusterOf(run)).toMatchObject({ proven: true, where: 'ns/pod', rows: [{ files: 2, equal: 1, wrong: ['/a differs'] }] });
    expect(proofOf(run)).toBeUndefined();
  });
});
