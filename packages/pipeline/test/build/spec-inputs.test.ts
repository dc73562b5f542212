import { makeManifest, type ManifestEntry } from '@crpm/sources';
import { expect, test } from 'vitest';

import { specInputs } from '../../src/build/spec-inputs.js';

const file = (path: string, content: string): ManifestEntry => ({ type: 'file', path, mode: 0o644, size: content.length, sha256: content.padEnd(64, '0') });
const tree = (changes: Readonly<Record<string, string>> = {}) =>
  makeManifest(Object.entries({ 'libvirt.spec.in': '1', 'meson.build': '2', 'src/main.c': '3', 'src/meson.build': '4', ...changes }).map(([path, content]) => file(path, content)));

test('the spec and what fills in a template count, sources do not', () => {
  const before = specInputs(tree(), 'libvirt.spec.in', undefined);
  expect(specInputs(tree({ 'src/main.c': '9', 'src/meson.build': '9' }), 'libvirt.spec.in', undefined)).toBe(before);
  for (const path of ['libvirt.spec.in', 'meson.build', 'VERSION']) expect(specInputs(tree({ [path]: '9' }), 'libvirt.spec.in', undefined), path).not.toBe(before);
});

test('with a dist-git folder all of it counts, and nothing of the tree', () => {
  const distGit = makeManifest([file('qemu-kvm.spec', 'a')]);
  const before = specInputs(tree(), undefined, distGit);
  expect(specInputs(tree({ 'meson.build': '9' }), undefined, distGit)).toBe(before);
  expect(specInputs(tree(), undefined, makeManifest([...distGit.entries, file('0001-a.patch', 'b')]))).not.toBe(before);
});

test('where one of them is a link, which may lead anywhere, all of the tree counts', () => {
  const linked = (content: string) => makeManifest([...tree({ 'src/main.c': content }).entries, { type: 'symlink', path: 'VERSION', target: 'src/version' }]);
  expect(specInputs(linked('3'), 'libvirt.spec.in', undefined)).not.toBe(specInputs(linked('9'), 'libvirt.spec.in', undefined));
});
