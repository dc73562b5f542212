import type { RunSummary } from '@crpm/runner';
import { expect, test } from 'vitest';
import { ComplaintsError } from '../../src/complaints.js';
import { jsonFace, textFace } from '../../src/watch/faces.js';
import type { Round } from '../../src/watch/watch.js';
import { recordedIo } from '../io.js';

const now = () => new Date(2026, 10, 22, 14, 3, 9);
const project = undefined as never;
const counts = { ran: 0, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 };
const summary = (exitCode: number, nodes: readonly (readonly [string, RunSummary['nodes'] extends ReadonlyMap<string, infer N> ? N : never])[], warnings: readonly string[] = []): RunSummary => ({ runId: 'r1', exitCode, ms: 6300, counts, nodes: new Map(nodes), warnings });

const good: Round = { number: 1, changed: [], summary: summary(0, [['base', { outcome: 'fresh', ms: 0 }], ['a.rpmbuild', { outcome: 'ran', ms: 4100 }], ['b.rpmbuild', { outcome: 'restored', ms: 0 }], ['serve', { outcome: 'ran', ms: 20 }]]) };
const bad: Round = {
  number: 12,
  changed: ['a: x.c', 'a: y.c', 'a: z.c', 'a: w.c', 'b: v.c'],
  summary: summary(1, [['a.rpmbuild', { outcome: 'failed', ms: 100, failure: { class: 'build', message: 'the compiler ended with 1', next: 'Mend it.', lines: ['x.c:1: error'] }, log: '/l/a.log' }], ['serve', { outcome: 'not-run', ms: 0 }]], ['b: one warning']),
};
const nothing: Round = { number: 3, changed: ['a: x.c'], summary: summary(0, [['base', { outcome: 'fresh', ms: 0 }]]) };

test('a line per round: when, which, how it ended, how long, what it did, what was edited', async () => {
  const { io, out } = recordedIo();
  const face = textFace({ io, now, subject: 'a, b', address: () => Promise.resolve('http://127.0.0.1:41000/') });
  await face.round(good, project);
  await face.round(bad, project);
  await face.round(nothing, project);
  expect(out()).toBe(`14:03:09  #1  ok        6.3s  ran a.rpmbuild, serve; restored b.rpmbuild
serving at http://127.0.0.1:41000/; watching a, b; Ctrl-C ends
14:03:09  #12  failed    6.3s  failed a.rpmbuild  (a: x.c, a: y.c, a: z.c and 2 more files)
warning: b: one warning
a.rpmbuild failed: the compiler ended with 1
  | x.c:1: error
  next: Mend it.
  type: crpm logs a.rpmbuild
  log:  /l/a.log
14:03:09  #3  ok        6.3s  all fresh  (a: x.c)
`);
});

test('a round that Ctrl-C cut says what it cut, and nothing is said of what is not watched any more', async () => {
  const { io, out } = recordedIo();
  const face = textFace({ io, now, subject: 'a', address: () => Promise.resolve('http://127.0.0.1:41000/') });
  await face.round({ number: 1, changed: [], summary: summary(130, [['a.source', { outcome: 'ran', ms: 10 }], ['a.rpmbuild', { outcome: 'cancelled', ms: 100 }], ['serve', { outcome: 'not-run', ms: 0 }]]) }, project);
  await face.round({ number: 2, changed: ['a: x.c'], summary: summary(130, [['a.source', { outcome: 'not-run', ms: 0 }]]) }, project);
  expect(out()).toBe(`14:03:09  #1  cancelled    6.3s  cancelled a.rpmbuild; ran a.source
14:03:09  #2  cancelled    6.3s  nothing ran  (a: x.c)
`);
});

test('on a terminal a long round goes on between its words, and after a failure a save is enough', async () => {
  const { io, out } = recordedIo();
  const screen = { ...io, stdout: { ...io.stdout, isTTY: true, columns: 60 }, env: { NO_COLOR: '1' } };
  const face = textFace({ io: screen, now, subject: 'a, b', address: () => Promise.resolve('http://127.0.0.1:41000/') });
  const failure = { class: 'build', message: 'a does not compile', next: 'Correct system/main.c, then run again.' } as const;
  await face.round({ number: 2, changed: ['qemu: system/main.c', 'qemu: system/vl.c'], summary: summary(1, [['qemu.rpmbuild', { outcome: 'failed', ms: 1, failure }], ['qemu.source', { outcome: 'ran', ms: 1 }]]) }, project);
  await face.ended();
  expect(out()).toBe(`14:03:09  #2  failed    6.3s  failed qemu.rpmbuild; ran
          qemu.source  (qemu: system/main.c, qemu:
          system/vl.c)
qemu.rpmbuild failed: a does not compile
  next: Correct system/main.c, and save.
ended; the server stays up at http://127.0.0.1:41000/, crpm
  serve --stop ends it
`);
});

test('complaints about a config that was edited, and what the lack of watches means', () => {
  const { io, err } = recordedIo();
  const face = textFace({ io, now, subject: 'a', address: () => Promise.resolve(undefined) });
  face.refused(new ComplaintsError([{ severity: 'error', message: 'no such key' }]));
  face.mended();
  face.polling('ENOSPC');
  face.polling('EMFILE');
  expect(err()).toBe(`error: no such key
waiting until that is mended
that is mended; going on
warning: the trees are looked at every two seconds, not watched: the system has no inotify watches left; sudo sysctl fs.inotify.max_user_watches=524288 gives more, then start crpm watch again
warning: the trees are looked at every two seconds, not watched: the system allows no more open files or inotify instances; see ulimit -n and sysctl fs.inotify.max_user_instances, then start crpm watch again
`);
});

test('as JSON each round is one line', async () => {
  const { io, out } = recordedIo();
  const face = jsonFace({ io, now, subject: 'a', address: () => Promise.resolve('http://127.0.0.1:41000/') });
  await face.round(bad, project);
  face.refused(new ComplaintsError([{ severity: 'error', message: 'no such key' }]));
  face.mended();
  const lines = out().trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
  expect(lines).toEqual([
    {
      type: 'round', at: now().toISOString(), round: 12, run: 'r1', ms: 6300, exitCode: 1, changed: bad.changed, warnings: ['b: one warning'], baseUrl: 'http://127.0.0.1:41000/',
      nodes: [{ node: 'a.rpmbuild', outcome: 'failed', ms: 100, failure: { class: 'build', message: 'the compiler ended with 1', next: 'Mend it.', lines: ['x.c:1: error'] } }, { node: 'serve', outcome: 'not-run', ms: 0 }],
    },
    { type: 'refused', at: now().toISOString(), complaints: ['error: no such key'] },
    { type: 'mended', at: now().toISOString() },
  ]);
});
