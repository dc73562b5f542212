import { expect, test } from 'vitest';
import type { Manifest } from '@crpm/sources';
import { ownNames } from '../../../src/build/diagnosis/own-names.js';

const manifest = { entries: ['src/a.c', 'include/a.h', 'main'].map((path) => ({ path })) } as unknown as Manifest;
const own = ownNames({ dir: '/home/u/demo', manifest }, { cache: '/home/u/.cache/crpm' });

test('a file of the user’s tree is named as an editor finds it, another as the tree names it', () => {
  expect(own.path('src/a.c')).toBe('/home/u/demo/src/a.c');
  expect(own.path('generated.h')).toBe('generated.h');
});

test('a tree that crpm fetched is nobody’s to edit', () => {
  const fetched = ownNames({ dir: '/home/u/.cache/crpm/trees/1234', manifest }, { cache: '/home/u/.cache/crpm' });
  expect(fetched.path('src/a.c')).toBe('src/a.c');
  expect(fetched.line('/w/rpmbuild/BUILD/demo-1.0/src/a.c:7:5: error: x')).toBe('src/a.c:7:5: error: x');
});

test.each([
  ['where rpmbuild unpacks', '/w/rpmbuild/BUILD/demo-1.0/src/a.c:7:5: error: x', '/home/u/demo/src/a.c:7:5: error: x'],
  ['where rpm 4.20 does', '/w/BUILD/demo-1.0-build/demo-1.0/src/a.c:7:5: error: x', '/home/u/demo/src/a.c:7:5: error: x'],
  ['from a folder below', '../src/a.c:7:5: error: x', '/home/u/demo/src/a.c:7:5: error: x'],
  ['from the top', 'src/a.c:7:5: error: x', '/home/u/demo/src/a.c:7:5: error: x'],
  ['as an include', 'In file included from ../include/a.h:3,', 'In file included from /home/u/demo/include/a.h:3,'],
  ['by a linker', '/usr/bin/ld: /w/BUILD/demo-1.0/build/../src/a.c:37: undefined reference to `f\'', '/usr/bin/ld: /home/u/demo/src/a.c:37: undefined reference to `f\''],
  ['as a file that is made', '/w/BUILD/demo-1.0/build/qapi/types.c:1:1: error: x', 'build/qapi/types.c:1:1: error: x'],
])('in output it is found %s', (_how, line, told) => {
  expect(own.line(line)).toBe(told);
});

test.each(['src/b.c:1:1: error: x', 'in main: 3 errors', '/usr/include/a.h:7:1: error: x', 'error: File not found: /w/BUILD/demo-1.0-build/BUILDROOT/usr/bin/demo', 'Patch #1 (fix.patch):', '   37 |   return main;'])('%s stays as it is', (line) => {
  expect(own.line(line)).toBe(line);
});
