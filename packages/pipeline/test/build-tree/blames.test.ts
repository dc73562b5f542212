import { blamesTheSource } from '@crpm/pipeline/build-tree/update';
import { OutputTail } from '@crpm/pipeline/build/telling-lines';
import { expect, test } from 'vitest';

const blamed = (...lines: readonly string[]) => {
  const output = new OutputTail();
  for (const line of lines) output.line(line);
  return blamesTheSource(output);
};

test.each([
  ['the compiler', ["../src/a.c:12:3: error: ‘x’ undeclared (first use in this function)"]],
  ['the linker', ['/usr/bin/ld: a.o: in function `main\': undefined reference to `f\'', 'a.c:(.text+0x5): undefined reference to `f\'']],
  ['meson', ['src/meson.build:4:0: ERROR: Unknown variable "deps".']],
  ['rustc', ['error[E0425]: cannot find value `x` in this scope']],
  ['a test of the package', ['Executing(%check): /bin/sh -e /crpm/rpmbuild/tmp/rpm-tmp.1', 'not ok 7']],
])('what %s says is believed', (_, lines) => {
  expect(blamed(...lines)).toBe(true);
});

test.each([
  ['a file that only a clean build makes may be missing', ['a.c:1:10: fatal error: config.h: No such file or directory']],
  ['ninja may know of a file that went', ["ninja: error: '../gone.c', needed by 'a.p/gone.c.o', missing and no known rule to make it"]],
  ['what is to be packaged may be left over, or lacking', ['error: File not found: /crpm/BUILDROOT/usr/bin/x', '    File not found: /crpm/BUILDROOT/usr/bin/x']],
  ['a folder may be there already', ["mkdir: cannot create directory 'build': File exists"]],
])('%s: a clean build is tried', (_, lines) => {
  expect(blamed(...lines)).toBe(false);
});
