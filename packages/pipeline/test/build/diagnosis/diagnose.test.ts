import { expect, test } from 'vitest';
import { compilerErrors } from '../../../src/build/diagnosis/compiler-errors.js';
import { diagnose } from '../../../src/build/diagnosis/diagnose.js';

const found = (lines: readonly string[]) => diagnose({ lines, package: 'demo', complaints: compilerErrors(lines), path: (file) => file, disk: 'the disk' });
const told = (...lines: readonly string[]) => {
  const diagnosis = found(lines);
  return diagnosis && [diagnosis.cause, diagnosis.what, diagnosis.next];
};

test.each([
  ['a full disk', ['a.c:1:1: error: x', '/usr/bin/ld: final link failed: No space left on device'], ['disk', 'the disk is full', 'Make room there, then run again; finished work is kept.']],
  [
    'the network',
    ['fatal: unable to access ‘https://gitlab.com/’: Could not resolve host: gitlab.com'],
    ['network', 'the build wants to fetch something (https://gitlab.com/), and builds have no network', expect.stringContaining('vendored folder')],
  ],
  [
    'BuildRequires that rpm misses',
    ['error: Failed build dependencies:', '\tpkgconfig(glib-2.0) >= 2.66 is needed by demo-1-1.x86_64', '\tmeson is needed by demo-1-1.x86_64'],
    ['build-requires', 'BuildRequires pkgconfig(glib-2.0) >= 2.66, meson are not installed', 'Install them where it builds (basesystems.<name>.packages), or correct the spec of demo.'],
  ],
  [
    'a patch that patch(1) rejects',
    ['Patch #1 (fix.patch):', 'patching file src/a.c', 'Hunk #1 FAILED at 3.', '1 out of 1 hunk FAILED -- saving rejects to file src/a.c.rej', 'error: Bad exit status from /var/tmp/rpm-tmp.x (%prep)'],
    ['patch', 'a patch of the spec does not fit src/a.c', 'Refresh the patch, or leave out the patches that the tree already has: sources.demo.patches.'],
  ],
  ['a patch that git rejects', ['error: patch failed: src/b.c:12', 'error: src/b.c: patch does not apply'], ['patch', 'a patch of the spec does not fit src/b.c', expect.anything()]],
  [
    'a header that is missing',
    ['../src/a.c:3:10: fatal error: glib.h: No such file or directory', 'compilation terminated.'],
    ['compiler', 'src/a.c, line 3 includes glib.h, which is not there', expect.stringContaining('BuildRequires of the spec of demo')],
  ],
  ['the same in clang’s words', ["a.c:3:10: fatal error: 'glib.h' file not found"], ['compiler', 'a.c, line 3 includes glib.h, which is not there', expect.anything()]],
  ['meson', ['../meson.build:12:7: ERROR: Dependency "libnl-3.0" not found, tried pkgconfig'], ['configure', 'configuring stopped: libnl-3.0 was not found', expect.stringContaining('BuildRequires')]],
  ['meson, of a program', ["../meson.build:12:7: ERROR: Program 'rst2html5 rst2html' not found or not executable"], ['configure', 'configuring stopped: rst2html5 rst2html was not found', expect.anything()]],
  ['QEMU’s configure', ['ERROR: User requested feature libssh', '       configure was not able to find it.'], ['configure', 'configuring stopped: libssh was not found', expect.anything()]],
  ['autoconf', ['configure: error: Package requirements (libseccomp >= 2.3) were not met:'], ['configure', 'configuring stopped: libseccomp >= 2.3 was not found', expect.anything()]],
  [
    'a compiler, of several errors',
    ['/x/BUILD/demo-1.0/src/a.c:7:5: error: expected ‘;’', '../src/b.c:1:1: error: unknown type name ‘in’', '../src/b.c:1:1: error: unknown type name ‘in’'],
    ['compiler', 'src/a.c, line 7: expected ‘;’; one more error', 'Correct src/a.c, then run again.'],
  ],
  ['a linker', ["a.o: in function `main':", "a.c:(.text+0x5): undefined reference to `frob'", 'collect2: error: ld returned 1 exit status'], ['linker', 'a.c uses frob, which nothing defines', 'Add the file that defines it to the build, or the library to what is linked.']],
  [
    'a linker, of a name that a compiler warned of',
    ['../src/a.c:37:3: warning: implicit declaration of function ‘usag’; did you mean ‘usage’? [-Wimplicit-function-declaration]', "/usr/bin/ld: a.p/src_a.c.o: in function `main':", "/x/BUILD/demo-1.0/build/../src/a.c:37: undefined reference to `usag'"],
    ['linker', 'src/a.c uses usag, which nothing defines', expect.stringMatching(/^No header declares usag: look whether the name is right. Else: Add the file/)],
  ],
  ['a linker that names no source', ["ld.lld: error: undefined symbol: frob"], ['linker', 'nothing defines frob, which is used', expect.anything()]],
  ['a library that is not there', ['/usr/bin/ld: cannot find -lfoo: No such file or directory'], ['linker', 'the linker finds no library foo', expect.anything()]],
  ['a program that is not there', ['/var/tmp/rpm-tmp.AbC: line 40: autoreconf: command not found'], ['program', 'the spec calls autoreconf, which is not installed', expect.anything()]],
  ['a program that dash does not find', ['/var/tmp/rpm-tmp.AbC: 40: autoreconf: not found'], ['program', 'the spec calls autoreconf, which is not installed', expect.anything()]],
  ['a macro that rpm does not know', ['/var/tmp/rpm-tmp.AbC: line 40: %meson_build: command not found'], ['program', 'rpm knows no macro %meson_build', expect.anything()]],
  [
    'files that are in no list',
    ['error: Installed (but unpackaged) file(s) found:', '   /usr/bin/a', '   /usr/bin/b', '   /usr/bin/c', '   /usr/bin/d', 'RPM build errors:', '   /usr/bin/e'],
    ['unpackaged-files', '/usr/bin/a, /usr/bin/b, /usr/bin/c and 1 more are installed and in no %files section', expect.stringContaining('List them in %files')],
  ],
  [
    'files that are in a list and not there',
    ['error: File not found: /x/rpmbuild/BUILDROOT/demo-1-1.x86_64/usr/bin/a', '    File not found: /x/rpmbuild/BUILDROOT/demo-1-1.x86_64/usr/bin/a'],
    ['missing-files', '%files lists /usr/bin/a, which is not installed', expect.stringContaining('Switch on what makes it')],
  ],
  [
    'tests',
    ['  3/40 qemuxml2argvtest                 FAIL             1.20s   exit status 1', 'error: Bad exit status from /var/tmp/rpm-tmp.x (%check)'],
    ['tests', '%check failed: qemuxml2argvtest', expect.stringContaining('build.check: false under sources.demo')],
  ],
  ['a compiler that the kernel ended', ['cc: fatal error: Killed signal terminated program cc1'], ['memory', 'the kernel ended cc1, most likely for lack of memory', expect.stringContaining('build: { jobs: 2 }')]],
  ['a linker that got no memory', ['/usr/bin/ld: final link failed: Cannot allocate memory'], ['memory', 'a program of the build got no more memory', expect.anything()]],
  ['tests in TAP', ['ok 1 - a', 'not ok 2 - b c', 'not ok 3 - d # TODO', 'error: Bad exit status from /var/tmp/rpm-tmp.x (%check)'], ['tests', '%check failed: b c', expect.anything()]],
  ['tests of CTest and pytest', ['\t  7 - wal (Failed)', 'FAILED tests/test_a.py::test_b - assert 1', 'error: Bad exit status from /var/tmp/rpm-tmp.x (%check)'], ['tests', '%check failed: wal, tests/test_a.py::test_b', expect.anything()]],
  ['a phase of the spec', ['error: Bad exit status from /var/tmp/rpm-tmp.x (%install)'], [undefined, '%install failed', expect.anything()]],
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

test('of a compiler’s words those of the first errors are shown, with what belongs to them; ten lines at most', () => {
  const of = (at: number) => [`../a.c: In function ‘f${String(at)}’:`, `../a.c:${String(at)}:3: error: ‘x${String(at)}’ undeclared`, `    ${String(at)} |   x;`, '      |   ^', '[4/9] Compiling C object b.o', '../b.c:1:1: warning: unused'];
  expect(found([1, 2, 3, 4].flatMap(of))?.lines).toEqual([...of(1).slice(0, 4), ...of(2).slice(0, 4), ...of(3).slice(0, 2)]);
});

test('of files that rpm names twice each is shown once', () => {
  const gone = (file: string) => `File not found: /b/BUILDROOT/demo-1-1.x86_64/usr/bin/${file}`;
  expect(found([`error: ${gone('a')}`, `error: ${gone('b')}`, 'RPM build errors:', `    ${gone('a')}`, `    ${gone('b')}`])?.lines).toEqual([`error: ${gone('a')}`, `error: ${gone('b')}`]);
});
