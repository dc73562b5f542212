import { expect, test } from 'vitest';
import type { RepositoryFact } from '../../src/facts.js';
import { newRpms } from '../../src/kubevirt/new-rpms.js';
import { proofTable } from '../../src/kubevirt/proof-table.js';
import type { Proof } from '../../src/proof/index.js';

type Row = Proof['rows'][number];
const row = (name: string, verdict: Row['verdict'], trees: readonly string[], message = ''): Row => ({ name, evr: '0:11.10.0-1.el9', arch: 'x86_64', rpmArch: 'x86_64', stream: 9, package: 'libvirt', verdict, trees, message });
const ROWS = [
  row('libvirt-libs', 'taken', ['launcherbase_x86_64_cs9', 'libvirt-devel_x86_64_cs9', 'handlerbase_x86_64_cs9']),
  row('libvirt-docs', 'not needed', [], 'no tree asks for it'),
  row('libvirt-client', 'not taken', ['launcherbase_x86_64_cs9'], 'handlerbase_x86_64_cs9 has 0:11.9.0-1.el9'),
];

test('without a terminal everything is on the line of its RPM', () => {
  expect(proofTable(ROWS)).toEqual([
    'RPM             EVR              ARCH    VERDICT                                               TREES',
    'libvirt-libs    0:11.10.0-1.el9  x86_64  taken                                                 launcherbase_x86_64_cs9 libvirt-devel_x86_64_cs9 handlerbase_x86_64_cs9',
    'libvirt-docs    0:11.10.0-1.el9  x86_64  not needed: no tree asks for it                       -',
    'libvirt-client  0:11.10.0-1.el9  x86_64  not taken: handlerbase_x86_64_cs9 has 0:11.9.0-1.el9  launcherbase_x86_64_cs9',
  ]);
});

test('on a terminal trees are cut to its width, and what is wrong is told whole', () => {
  expect(proofTable(ROWS, { width: 82 })).toEqual([
    'RPM             EVR              ARCH    VERDICT     TREES',
    'libvirt-libs    0:11.10.0-1.el9  x86_64  taken       launcherbase_x86_64_cs9 … +2',
    'libvirt-docs    0:11.10.0-1.el9  x86_64  not needed  -',
    'libvirt-client  0:11.10.0-1.el9  x86_64  not taken   launcherbase_x86_64_cs9',
    '  handlerbase_x86_64_cs9 has 0:11.9.0-1.el9',
  ]);
});

test('where no name of a tree fits, there is their number', () => {
  expect(proofTable(ROWS, { width: 60 })[1]).toBe('libvirt-libs    0:11.10.0-1.el9  x86_64  taken       3');
});

test('where not even their head fits, the trees are left out', () => {
  expect(proofTable(ROWS, { width: 57 })).toEqual([
    'RPM             EVR              ARCH    VERDICT',
    'libvirt-libs    0:11.10.0-1.el9  x86_64  taken',
    'libvirt-docs    0:11.10.0-1.el9  x86_64  not needed',
    'libvirt-client  0:11.10.0-1.el9  x86_64  not taken',
    '  handlerbase_x86_64_cs9 has 0:11.9.0-1.el9',
  ]);
  expect(proofTable(ROWS, { width: 58 })[0]).toBe('RPM             EVR              ARCH    VERDICT     TREES');
});

test('an RPM of no architecture is called so, and of several places for which it is', () => {
  const docs = { ...row('libvirt-docs', 'taken', ['a_x86_64_cs9']), rpmArch: 'noarch' };
  expect(proofTable([docs])[1]).toBe('libvirt-docs  0:11.10.0-1.el9  noarch  taken    a_x86_64_cs9');
  expect(proofTable([docs, { ...docs, arch: 'aarch64' }]).slice(1).map((line) => /noarch \(\w+\)/.exec(line)?.[0])).toEqual(['noarch (x86_64)', 'noarch (aarch64)']);
});

test('of an RPM that the run made the verdict says so, unless it made all', () => {
  const isNew = ({ name }: Row) => name !== 'libvirt-libs';
  expect(proofTable(ROWS, { isNew }).map((line) => line.slice(41, 80).trimEnd())).toEqual(['VERDICT', 'taken', 'not needed, new: no tree asks for it', 'not taken, new: handlerbase_x86_64_cs9']);
  expect(proofTable(ROWS, { width: 60, isNew })[2]).toBe('libvirt-docs    0:11.10.0-1.el9  x86_64  not needed, new');
  expect(proofTable(ROWS, { isNew: () => true })).toEqual(proofTable(ROWS));
});

test('new is what a repository did not hold before, byte by byte and in the same place; where there was none, nothing is', () => {
  const rpm = (name: string, sha256: string) => ({ name, sha256, file: '', epoch: 0, version: '11.10.0', release: '1.el9', arch: 'x86_64', sourcerpm: '', size: 1, package: 'libvirt' });
  const fact = (...rpms: readonly ReturnType<typeof rpm>[]): RepositoryFact => ({ generation: 'g', repos: [{ basesystem: 'centos-stream-9', arch: 'x86_64', path: 'p', rpms, stale: {} }] });
  const now = fact(rpm('libvirt-libs', 'b'), rpm('libvirt-docs', 'c'));
  expect(ROWS.filter(newRpms(fact(rpm('libvirt-libs', 'a'), rpm('libvirt-docs', 'c')), now)).map(({ name }) => name)).toEqual(['libvirt-libs']);
  expect(ROWS.filter(newRpms(undefined, now))).toEqual([]);
});
