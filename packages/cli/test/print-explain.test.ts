import type { Difference, Explanation } from '@crpm/runner';
import { expect, test } from 'vitest';
import { formatExplanation } from '../src/print-explain.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const OTHER = `sha256:${'fedcba9876543210'.repeat(4)}`;
const wording = (...differences: readonly string[]) => ({ title: 'RPMs of libvirt', differences, titleOf: (name: string) => (name === 'kind' ? undefined : name.replace(/^\w+\//, 'the ')), age: () => '2 hours ago' });
const last = (inputs: Explanation['inputs'] = []): NonNullable<Explanation['last']> => ({
  run: '20261122T140309.000Z-3fa0c1',
  at: '2026-11-22T14:03:09.000Z',
  ms: 6300,
  fingerprint: DIGEST,
  inputs,
  files: [{ path: 'a.rpm', size: 3, digest: DIGEST }],
  data: null,
});

test('a node that will run: what differs, all of it, what its needs do, and the inputs with what they were', () => {
  const differences: readonly Difference[] = [
    { what: 'input', name: 'param/check', option: 'build.check', before: 'false', after: 'true' },
    { what: 'need', need: 'libvirt.source', before: DIGEST, after: OTHER },
  ];
  const text = formatExplanation(
    {
      node: 'libvirt.rpmbuild', layer: 2, action: 'run', reason: 'short', differences, kind: 'rpmbuild', fingerprint: OTHER, lastMs: 6300,
      inputs: [{ name: 'kind', value: 'rpmbuild' }, { name: 'param/check', value: 'true' }, { name: 'param/new', value: '1' }, { name: 'need/libvirt.source', value: OTHER }, { name: 'need/predict', value: '' }],
      needs: [{ node: 'libvirt.source', action: 'run', reason: 'tree: a.c changed' }, { node: 'libvirt.buildroot', action: 'fresh', reason: 'nothing it depends on changed' }],
      last: last([{ name: 'kind', value: 'rpmbuild' }, { name: 'param/check', value: 'false' }, { name: 'param/old', value: '"x"' }, { name: 'need/libvirt.source', value: DIGEST }]),
    },
    wording('build.check: false → true', 'libvirt.source changed'),
  );
  expect(text).toBe(`libvirt.rpmbuild (rpmbuild): RPMs of libvirt

now       will run
last run  2 hours ago (2026-11-22T14:03:09.000Z) in 6.3s, run 20261122T140309.000Z-3fa0c1
made      1 file

why
  build.check: false → true
  libvirt.source changed
  → crpm explain libvirt.source

needs
  libvirt.source     run    tree: a.c changed
  libvirt.buildroot  fresh  nothing it depends on changed

inputs
  the check           true                     (was false)
  the new             1                        (new)
  the libvirt.source  sha256:fedcba987654…     (was sha256:0123456789ab…)
  the predict         only that it ended well  (new)
  the old                                      (gone; was x)
`);
});

test('after a build that failed: what its needs ran for since the last good one', () => {
  const text = formatExplanation(
    {
      node: 'libvirt.rpmbuild', layer: 2, action: 'run', reason: '', kind: 'rpmbuild', differences: [{ what: 'need', need: 'libvirt.source', before: DIGEST, after: OTHER }],
      needs: [{ node: 'libvirt.source', action: 'fresh', reason: 'nothing it depends on changed' }], last: last(),
    },
    { ...wording('libvirt.source changed'), since: [{ node: 'libvirt.source', run: '20261123T080000.000Z-aaaaaa', reason: 'tree: src/a.c changed' }] },
  );
  expect(text).toContain('why\n  libvirt.source changed\n\nsince its last good run\n  libvirt.source  tree: src/a.c changed  (run 20261123T080000.000Z-aaaaaa)\n\nneeds\n');
});

test('a node that failed says so first, with why it ran, its failure and its log; then the last good run', () => {
  const attempt = { run: '20261123T080000.000Z-aaaaaa', at: '2026-11-23T08:00:09.000Z', ms: 8400, outcome: 'failed', reasons: ['a.source: a.c changed', 'b changed'], failure: { node: 'a', class: 'build', message: 'rpmbuild ended with exit code 1', next: 'Mend a.c.', log: '/logs/a.log' } } as const;
  const explanation: Explanation = { node: 'a', layer: 0, action: 'run', reason: '', kind: 'rpmbuild', differences: [], needs: [], last: last() };
  expect(formatExplanation(explanation, { ...wording(), attempt })).toBe(`a (rpmbuild): RPMs of libvirt

now            will run
last run       failed 2 hours ago (2026-11-23T08:00:09.000Z) in 8.4s, run 20261123T080000.000Z-aaaaaa
ran because    a.source: a.c changed, b changed
last good run  2 hours ago (2026-11-22T14:03:09.000Z) in 6.3s, run 20261122T140309.000Z-3fa0c1
made           1 file

a failed: rpmbuild ended with exit code 1
  next: Mend a.c.
  type: crpm logs a
  log:  /logs/a.log
`);
});

test('a node that ran well says why it did; of a run whose result is not the one at hand nothing is told', () => {
  const attempt = { run: last().run, at: last().at, ms: 6300, outcome: 'ran', reasons: ['a.source: a.c changed'] } as const;
  const explanation: Explanation = { node: 'a', layer: 0, action: 'fresh', reason: '', kind: 'rpmbuild', differences: [], needs: [], last: last() };
  expect(formatExplanation(explanation, { ...wording(), attempt })).toMatch(/\nlast run +2 hours ago .*\nran because +a\.source: a\.c changed\nmade /);
  expect(formatExplanation(explanation, { ...wording(), attempt: { ...attempt, run: 'another' } })).not.toContain('ran because');
});

test('a node that may run names the nodes at which that begins', () => {
  const text = formatExplanation(
    {
      node: 'serve', layer: 4, action: 'may-run', reason: '', kind: 'serve',
      differences: [{ what: 'need-pending', need: 'createrepo', certain: false, roots: ['libvirt.source'] }],
      needs: [{ node: 'createrepo', action: 'may-run', reason: 'libvirt.rpmbuild may be made again' }],
      last: last(),
    },
    wording('createrepo may be made again'),
  );
  expect(text).toContain('now       may run: it does if what it needs comes out different\n');
  expect(text).toContain('\nwhy\n  createrepo may be made again\n  → crpm explain libvirt.source\n');
});

test('a node that is fresh has no why', () => {
  const text = formatExplanation({ node: 'base', layer: 0, action: 'fresh', reason: '', differences: [], kind: 'base', needs: [], inputs: [{ name: 'kind', value: 'base' }, { name: 'param/arch', value: '"x86_64"' }], last: { ...last([{ name: 'kind', value: 'base' }, { name: 'param/arch', value: '"x86_64"' }]), files: [] } }, wording());
  expect(text).toBe(`base (base): RPMs of libvirt

now       fresh: nothing it depends on changed, and its result is there
last run  2 hours ago (2026-11-22T14:03:09.000Z) in 6.3s, run 20261122T140309.000Z-3fa0c1
made      no files

inputs
  the arch  x86_64
`);
});

test('a result that came from the shared store says so, and one that will', () => {
  const from = 'oci://quay.io/team/crpm@sha256:00';
  const fresh = formatExplanation({ node: 'a', layer: 0, action: 'fresh', reason: '', differences: [], kind: 'rpmbuild', needs: [], last: { ...last(), run: '', from } }, wording());
  expect(fresh).toContain(`last run  2 hours ago (2026-11-22T14:03:09.000Z) in 6.3s, by somebody else: ${from}\n`);
  const ahead = formatExplanation({ node: 'a', layer: 0, action: 'restore', reason: 'first run', differences: [{ what: 'first-run' }], kind: 'rpmbuild', needs: [], from }, wording('first run'));
  expect(ahead).toMatch(new RegExp(`^from the shared store +${from}$`, 'm'));
});

test('a result that came back from the store of this machine is not said to be somebody else’s', () => {
  const explanation: Explanation = { node: 'a', layer: 0, action: 'fresh', reason: '', differences: [], kind: 'rpmbuild', needs: [], last: { ...last(), run: '' } };
  expect(formatExplanation(explanation, wording())).toContain('\nresult  it came back from the store (made 2 hours ago, 2026-11-22T14:03:09.000Z, in 6.3s)\n');
  const attempt = { run: 'r', at: '2026-11-23T08:00:09.000Z', ms: 8400, outcome: 'failed', reasons: [] } as const;
  expect(formatExplanation(explanation, { ...wording(), attempt })).toMatch(/\nlast good result +it came back from the store \(made /);
});

test('a node that never had a result says so', () => {
  const text = formatExplanation({ node: 'base', layer: 0, action: 'run', reason: 'first run', differences: [{ what: 'first-run' }], kind: 'base', needs: [] }, wording('first run'));
  expect(text).toBe('base (base): RPMs of libvirt\n\nnow       will run\nlast run  never, with a good end\n\nwhy\n  first run\n');
});
