import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf, lacksBuildTools, tinyProject, tinySpec } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => rig.remove());

/** Message and next step of a build that fails with these files. */
async function failure(files: Readonly<Record<string, string>>, build = ''): Promise<string> {
  rig.write(files);
  rig.write({ 'custom-rpms.config.yaml': `${tinyProject('')['custom-rpms.config.yaml'] ?? ''}${build}` });
  const { code, out } = await rig.crpm(['run', 'tiny.rpmbuild']);
  expect(code).toBe(1);
  const [told = ''] = /^tiny\.rpmbuild failed: [^\n]*/.exec(failureOf(out, 'tiny.rpmbuild')) ?? [failureOf(out, 'tiny.rpmbuild')];
  return `${told.replace('tiny.rpmbuild failed: rpmbuild of tiny ended with exit code 1: ', '')}\n${/ {2}next: ([^\n]*)/.exec(out)?.[1] ?? ''}`;
}

const building = (build: string, more: Readonly<Record<string, string>> = {}) => failure({ ...tinyProject(tinySpec({ build })), ...more });

describe.skipIf(lacksBuildTools())('a real build that fails says what that means and what to do', () => {
  test.each([
    ['a header that is missing', 'cc -c a.c', '#include <no/such.h>\n', 'a.c includes no/such.h, which is not there\nCorrect the #include, or add the package that brings the header to BuildRequires of the spec of tiny.'],
    ['a symbol that nothing defines', 'cc a.c', 'int frob(void); int main(void) { return frob(); }\n', 'nothing defines frob, which is used\nAdd the file that defines it to the build, or the library to what is linked.'],
    ['a library that is not there', 'cc a.c -lnosuchlibrary', 'int main(void) { return 0; }\n', 'the linker finds no library nosuchlibrary\nAdd the package that brings it to BuildRequires of the spec of tiny.'],
  ])('%s', async (_what, build, source, expected) => {
    expect(await building(build, { 'tree/a.c': source })).toBe(expected);
  });

  test('a program that is not installed, and a macro that is not defined', async () => {
    expect(await building('no-such-program --now')).toBe('the spec calls no-such-program, which is not installed\nAdd the package that brings it to BuildRequires of the spec of tiny, or to basesystems.<name>.packages.');
    expect(await building('%no_such_macro')).toMatch(/^rpm knows no macro %no_such_macro\n/);
  });

  test('a meson dependency that is not there', async () => {
    const meson = { 'tree/meson.build': "project('tiny', 'c')\ndependency('no-such-library')\n" };
    expect(await building('meson setup out', meson)).toMatch(/^configuring stopped: no-such-library was not found\nAdd what brings it to BuildRequires/);
  });

  test('files that are installed and not listed, and listed and not installed', async () => {
    expect(await failure(tinyProject(tinySpec({ files: '%files\n' })))).toMatch(/^\/usr\/share\/tiny\/text is installed and in no %files section\nList it in %files of the spec of tiny, /);
    expect(await failure(tinyProject(tinySpec({ files: '%files\n/usr/share/tiny\n/usr/bin/tiny\n' })))).toMatch(/^%files lists \/usr\/bin\/tiny, which is not installed\nSwitch on what makes it, /);
  });

  test('tests of %check that fail', async () => {
    const spec = tinySpec({ files: '%check\necho "FAIL: arithmetic"; exit 1\n%files\n/usr/share/tiny\n' });
    expect(await failure(tinyProject(spec), 'build: { check: true }\n')).toBe('%check failed: arithmetic\nMend what the tests complain of; build.check: false under sources.tiny, or build.profile: dev, leaves %check out.');
  });

  test.skipIf(!existsSync('/dev/full'))('a disk that is full is no fault of the build', async () => {
    rig.write(tinyProject(tinySpec({ build: 'dd if=/dev/zero of=/dev/full bs=1 count=1' })));
    const { code, out } = await rig.crpm(['run', 'tiny.rpmbuild']);
    expect(code).toBe(3);
    expect(failureOf(out, 'tiny.rpmbuild')).toContain(': the disk is full where it builds\n');
  });
});
