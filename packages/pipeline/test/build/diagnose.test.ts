import { expect, test } from 'vitest';
import { diagnose } from '../../src/build/diagnose.js';

const told = (...lines: readonly string[]) => {
  const found = diagnose(lines, 'demo');
  return found && [found.class, found.what, found.next];
};

test.each([
  ['a full disk', ['a.c:1:1: error: x', '/usr/bin/ld: final link failed: No space left on device'], ['environment', 'the disk is full where it builds', expect.stringContaining('crpm cache gc')]],
  [
    'the network',
    ['fatal: unable to access ‘https://gitlab.com/’: Could not resolve host: gitlab.com'],
    ['build', expect.stringContaining('builds have no network'), expect.stringContaining('source archive')],
  ],
  [
    'BuildRequires that rpm misses',
    ['error: Failed build dependencies:', '\tpkgconfig(glib-2.0) >= 2.66 is needed by demo-1-1.x86_64', '\tmeson is needed by demo-1-1.x86_64'],
    ['build', 'BuildRequires pkgconfig(glib-2.0) >= 2.66, meson are not installed', 'Install them where it builds (basesystems.<name>.packages), or correct the spec of demo.'],
  ],
  [
    'a patch that patch(1) rejects',
    ['Patch #1 (fix.patch):', 'patching file src/a.c', 'Hunk #1 FAILED at 3.', '1 out of 1 hunk FAILED -- saving rejects to file src/a.c.rej', 'error: Bad exit status from /var/tmp/rpm-tmp.x (%prep)'],
    ['build', 'a patch of the spec does not fit src/a.c', 'Refresh the patch, or leave patches out that the tree already has: sources.demo.patches.'],
  ],
  ['a patch that git rejects', ['error: patch failed: src/b.c:12', 'error: src/b.c: patch does not apply'], ['build', 'a patch of the spec does not fit src/b.c', expect.anything()]],
  [
    'a header that is missing',
    ['../src/a.c:3:10: fatal error: glib.h: No such file or directory', 'compilation terminated.'],
    ['build', 'src/a.c includes glib.h, which is not there', expect.stringContaining('BuildRequires of the spec of demo')],
  ],
  ['the same in clang’s words', ["a.c:3:10: fatal error: 'glib.h' file not found"], ['build', 'a.c includes glib.h, which is not there', expect.anything()]],
  ['meson', ['../meson.build:12:7: ERROR: Dependency "libnl-3.0" not found, tried pkgconfig'], ['build', 'configuring stopped: libnl-3.0 was not found', expect.stringContaining('BuildRequires')]],
  ['meson, of a program', ["../meson.build:12:7: ERROR: Program 'rst2html5 rst2html' not found or not executable"], ['build', 'configuring stopped: rst2html5 rst2html was not found', expect.anything()]],
  ['QEMU’s configure', ['ERROR: User requested feature libssh', '       configure was not able to find it.'], ['build', 'configuring stopped: libssh was not found', expect.anything()]],
  ['autoconf', ['configure: error: Package requirements (libseccomp >= 2.3) were not met:'], ['build', 'configuring stopped: libseccomp >= 2.3 was not found', expect.anything()]],
  [
    'a compiler, of several errors',
    ['/x/BUILD/demo-1.0/src/a.c:7:5: error: expected ‘;’', '../src/b.c:1:1: error: unknown type name ‘in’', '../src/b.c:1:1: error: unknown type name ‘in’'],
    ['build', 'src/a.c, line 7: expected ‘;’ and 1 more', 'Correct src/a.c, then run again: only what depends on it is compiled anew.'],
  ],
  ['a linker', ["a.o: in function `main':", "a.c:(.text+0x5): undefined reference to `frob'", 'collect2: error: ld returned 1 exit status'], ['build', 'nothing defines frob, which is used', expect.anything()]],
  ['a library that is not there', ['/usr/bin/ld: cannot find -lfoo: No such file or directory'], ['build', 'the linker finds no library foo', expect.anything()]],
  ['a program that is not there', ['/var/tmp/rpm-tmp.AbC: line 40: autoreconf: command not found'], ['build', 'the spec calls autoreconf, which is not installed', expect.anything()]],
  ['a program that dash does not find', ['/var/tmp/rpm-tmp.AbC: 40: autoreconf: not found'], ['build', 'the spec calls autoreconf, which is not installed', expect.anything()]],
  ['a macro that rpm does not know', ['/var/tmp/rpm-tmp.AbC: line 40: %meson_build: command not found'], ['build', 'rpm knows no macro %meson_build', expect.anything()]],
  [
    'files that are in no list',
    ['error: Installed (but unpackaged) file(s) found:', '   /usr/bin/a', '   /usr/bin/b', '   /usr/bin/c', '   /usr/bin/d', 'RPM build errors:', '   /usr/bin/e'],
    ['build', '/usr/bin/a, /usr/bin/b, /usr/bin/c and 1 more are installed and in no %files section', expect.stringContaining('List them in %files')],
  ],
  [
    'files that are in a list and not there',
    ['error: File not found: /x/rpmbuild/BUILDROOT/demo-1-1.x86_64/usr/bin/a', '    File not found: /x/rpmbuild/BUILDROOT/demo-1-1.x86_64/usr/bin/a'],
    ['build', '%files lists /usr/bin/a, which is not installed', expect.stringContaining('Switch on what makes it')],
  ],
  [
    'tests',
    ['  3/40 qemuxml2argvtest                 FAIL             1.20s   exit status 1', 'error: Bad exit status from /var/tmp/rpm-tmp.x (%check)'],
    ['build', '%check failed: qemuxml2argvtest', expect.stringContaining('build.check: false under sources.demo')],
  ],
  ['a phase of the spec', ['error: Bad exit status from /var/tmp/rpm-tmp.x (%install)'], ['build', '%install failed', expect.anything()]],
])('%s', (_what, lines, diagnosis) => {
  expect(told(...lines)).toEqual(diagnosis);
});

test('of what it does not know it says nothing', () => {
  expect(told('all is well', 'error: ???')).toBeUndefined();
  expect(told()).toBeUndefined();
});

test('a line of a megabyte is no trouble', () => {
  expect(told(`${'a '.repeat(500_000)}: error`, 'x'.repeat(1_000_000))).toBeUndefined();
});
