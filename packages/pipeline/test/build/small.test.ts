import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { globFiles, globPattern } from '@crpm/pipeline/build/glob';
import { parseOsRelease } from '@crpm/engines';
import { distOf, knowsItsPackages } from '@crpm/pipeline/build/os-release';
import { OutputTail } from '@crpm/pipeline/build/telling-lines';
import { installLines, rpmsOf } from '@crpm/pipeline/build/tools';
import { readPlace } from '@crpm/pipeline/compile/ids';
import { stepOf } from '@crpm/pipeline/needs';
import { expect, test } from 'vitest';

import { writeTree } from '../support/trees.js';

test('os-release gives %dist and says whether rpm knows the distribution’s packages', () => {
  const centos = parseOsRelease('NAME="CentOS Stream"\nVERSION_ID="9"\nID="centos"\nID_LIKE="rhel fedora"\n');
  const debian = parseOsRelease('ID=debian\nVERSION_ID="12"\n');
  const mint = parseOsRelease("ID=linuxmint\nID_LIKE='ubuntu debian'\nVERSION_ID=21.3\n");
  expect([centos, debian, mint].map(distOf)).toEqual(['.el9', '.deb12', '.linuxmint21']);
  expect([centos, debian, mint].map(knowsItsPackages)).toEqual([true, false, false]);
});

test('the lines that tell why are the errors, not the noise around them, each once', () => {
  const tail = new OutputTail();
  for (let i = 0; i < 10_000; i++) tail.line(`[${String(i)}/10000] Compiling x${String(i)}.c`);
  for (const line of ["a.c:1:2: error: 'b' undeclared", 'a.c:9:1: warning: unused', 'ninja: build stopped: subcommand failed.', 'error: Bad exit status from /var/tmp/rpm-tmp.1 (%build)', 'error: Bad exit status from /var/tmp/rpm-tmp.1 (%build)']) tail.line(line);
  expect(tail.telling()).toEqual(["a.c:1:2: error: 'b' undeclared", 'ninja: build stopped: subcommand failed.', 'error: Bad exit status from /var/tmp/rpm-tmp.1 (%build)']);
  expect(tail.lines.length).toBeLessThanOrEqual(2_000);
});

test('the files that rpm complains about are told with the complaint', () => {
  const tail = new OutputTail();
  for (const line of ['+ exit 0', 'error: Installed (but unpackaged) file(s) found:', '   /usr/bin/tool', 'RPM build errors:', '    Installed (but unpackaged) file(s) found:', '   /usr/bin/tool']) tail.line(line);
  expect(tail.telling()).toEqual(['error: Installed (but unpackaged) file(s) found:', '   /usr/bin/tool']);
});

test('without a line that tells why, the last lines are shown', () => {
  const tail = new OutputTail();
  for (let i = 0; i < 30; i++) tail.line(`step ${String(i)}`);
  tail.line('');
  expect(tail.telling()).toHaveLength(10);
  expect(tail.telling().at(-1)).toBe('step 29');
});

test('missing programs come with the line to type, for apt and for dnf', () => {
  expect(installLines(['rpmbuild', 'rpmspec', 'createrepo_c', 'ninja'])).toBe(
    'sudo apt-get install rpm createrepo-c ninja-build   (Debian, Ubuntu), or: sudo dnf install rpm-build createrepo_c ninja-build   (Fedora, CentOS)',
  );
  expect(rpmsOf(['rpmbuild', 'rpmspec', 'my-tool'])).toEqual(['rpm-build', 'my-tool']);
});

test('an id carries its step and, with several, its architecture', () => {
  expect(['base', 'libvirt.rpmbuild', 'a.b.dist@s390x', 'base@aarch64'].map(stepOf)).toEqual(['base', 'rpmbuild', 'dist', 'base']);
  expect(['base', 'a.dist@s390x'].map((id) => readPlace(id).arch)).toEqual([undefined, 's390x']);
});

test('a glob names files: * within a name, ** over folders, a folder for all in it', () => {
  const root = mkdtempSync(join(tmpdir(), 'crpm-glob-'));
  try {
    writeTree(root, { 'a.c': '', 'src/b.c': '', 'src/deep/c.c': '', 'src/deep/d.h': '', '.git/e.c': '', 'odd [x]/f.c': '' });
    expect(globFiles(root, '*.c')).toEqual(['a.c']);
    expect(globFiles(root, '**/*.c')).toEqual(['a.c', 'odd [x]/f.c', 'src/b.c', 'src/deep/c.c']);
    expect(globFiles(root, 'src/')).toEqual(['src/b.c', 'src/deep/c.c', 'src/deep/d.h']);
    expect(globFiles(root, './odd [x]/*')).toEqual(['odd [x]/f.c']);
    expect(globFiles(root, 'nothing/**')).toEqual([]);
  } finally {
    rmSync(root, { recursive: true });
  }
  expect(globPattern('src/**/x').test('src/x')).toBe(true);
});
