import { expect, test } from 'vitest';
import { compilerErrors } from '../../../src/build/diagnosis/compiler-errors.js';

test.each([
  ['../src/a.c:12:3: error: no', { file: 'src/a.c', line: 12, column: 3, message: 'no' }],
  ['/build/rpmbuild/BUILD/libvirt-9.0.0/src/a.c:12:3: fatal error: no.h: No such file', { file: 'src/a.c', line: 12, column: 3, message: 'no.h: No such file' }],
  ['/x/BUILD/libvirt-9.0.0-build/libvirt-9.0.0/src/a.c:1:1: error: of rpm 4.20', { file: 'src/a.c', line: 1, column: 1, message: 'of rpm 4.20' }],
  ['meson.build:7:0: ERROR: Unknown function', { file: 'meson.build', line: 7, message: 'Unknown function' }],
  ['foo.y:9: error: syntax', { file: 'foo.y', line: 9, message: 'syntax' }],
])('%s', (line, error) => {
  expect(compilerErrors([line, line, 'a.c:1:2: warning: w', 'cc: error: none'])).toEqual([error]);
});
