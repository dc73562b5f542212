import { expect, test } from 'vitest';
import { formatFailure } from '../src/index.js';

const FAILURE = {
  class: 'build',
  message: 'a patch of the spec does not fit src/qemu/qemu_driver.c',
  lines: ['Hunk #1 FAILED at 22.'],
  next: 'Refresh the patch, or leave out the patches that the tree already has: sources.qemu.patches.',
  commands: ['crpm shell qemu.rpmbuild'],
} as const;
const LOG = '/home/me/.local/state/crpm/kubevirt-0525cf28/logs/20261126T110433.384Z-dee38e/qemu.rpmbuild.log';

test('a failure: what, the lines that matter, what to do, what to type, where all of it is', () => {
  expect(formatFailure(FAILURE, { node: 'qemu.rpmbuild', log: LOG })).toBe(`qemu.rpmbuild failed: a patch of the spec does not fit src/qemu/qemu_driver.c
  | Hunk #1 FAILED at 22.
  next: Refresh the patch, or leave out the patches that the tree already has: sources.qemu.patches.
  type: crpm logs qemu.rpmbuild; crpm shell qemu.rpmbuild
  log:  ${LOG}`);
});

test('on a terminal prose is broken between words, below itself, and paths stay whole', () => {
  expect(formatFailure(FAILURE, { node: 'qemu.rpmbuild', log: LOG, width: 60 })).toBe(`qemu.rpmbuild failed: a patch of the spec does not fit
  src/qemu/qemu_driver.c
  | Hunk #1 FAILED at 22.
  next: Refresh the patch, or leave out the patches that the
        tree already has: sources.qemu.patches.
  type: crpm logs qemu.rpmbuild; crpm shell qemu.rpmbuild
  log:  ${LOG}`);
});

test('what a program wrote is broken too where it is too long, and keeps its indent', () => {
  expect(formatFailure({ class: 'build', message: 'no', lines: ["../src/libvirt.c:43:27: error: 'nope' undeclared (first use in this function)", '   43 | int broken;'] }, { width: 60 })).toBe(`error: no
  | ../src/libvirt.c:43:27: error: 'nope' undeclared (first
      use in this function)
  |    43 | int broken;`);
});

test('of no node, it is an error by itself', () => {
  expect(formatFailure({ class: 'usage', message: 'no', next: 'Yes.' }, {})).toBe('error: no\n  next: Yes.');
});
