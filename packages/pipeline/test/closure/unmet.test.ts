import { expect, test } from 'vitest';
import { repositoriesFile, unusable } from '../../src/closure/repositories.js';
import { unmetIn } from '../../src/closure/unmet.js';

test('what dnf 4 and dnf 5 say of requirements that nobody meets', () => {
  const dnf4 = ['Unable to detect release version', 'package: libvirt-client-12.5.0-1.el9.crpm0001.x86_64 from crpm-ours', '  unresolved deps:', '    libfoo.so.1()(64bit)', '    (a >= 1 if b)', 'package: qemu-img-17:10.1.0-1.x86_64 from crpm-ours', '  unresolved deps:', '    bar >= 2', 'Error: Repoclosure ended with unresolved dependencies.'];
  const found = [
    { nevra: 'libvirt-client-12.5.0-1.el9.crpm0001.x86_64', requires: 'libfoo.so.1()(64bit)' },
    { nevra: 'libvirt-client-12.5.0-1.el9.crpm0001.x86_64', requires: '(a >= 1 if b)' },
    { nevra: 'qemu-img-17:10.1.0-1.x86_64', requires: 'bar >= 2' },
  ];
  expect(unmetIn(dnf4)).toEqual(found);
  expect(unmetIn(dnf4.map((line) => line.replace('unresolved deps:', 'unresolved deps (1):')))).toEqual(found);
  expect(unmetIn(['Error: Failed to download metadata for repo', '    indented'])).toEqual([]);
});

test('the repositories are ours and those of KubeVirt’s resolver, whatever their addresses hold', () => {
  const text = repositoriesFile('/work', [{ name: 'centos/stream9-baseos', baseUrl: 'http://m.example.org/9/$basearch/os\nenabled=0/' }]);
  expect(text).toContain('[crpm-ours]\nname=crpm-ours\nbaseurl=file:///work/ours\n');
  expect(text).toContain('[crpm-official-0]\nname=crpm-official-0\nbaseurl=http://m.example.org/9/%24basearch/osenabled=0/\n');
});

test('a repository on this machine’s disk can be asked only on this machine', () => {
  const disk = { name: 'disk', baseUrl: 'file:///srv/repo/' };
  expect(unusable([disk], true)).toBeUndefined();
  expect(unusable([{ name: 'web', baseUrl: 'https://m.example.org/' }, disk], false)).toBe('disk is at file:///srv/repo/, where dnf can’t look');
  expect(unusable([{ name: 'odd', baseUrl: 'nowhere' }], true)).toBe('odd is at nowhere, where dnf can’t look');
});
