import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPin, findFilePin, readLockFile, writeLockFile, type GitPin } from '../src/index.js';
import { failureOf, temporaryFolder } from './support/trees.js';

const A: GitPin = { url: 'https://example.org/qemu-kvm.git', ref: 'c9s', commit: 'a'.repeat(40) };
const DIGITS: GitPin = { url: 'https://example.org/libvirt.git', ref: '12.10', commit: '1'.repeat(40) };
const TARBALL = { url: 'https://example.org/libvirt-9.0.0.tar.xz', sha256: '2'.repeat(64) };
const fileWith = (text: string) => {
  const file = join(temporaryFolder(), 'custom-rpms.lock.yaml');
  writeFileSync(file, text);
  return file;
};

describe('the lock file', () => {
  test('that does not exist has no pins', async () => {
    expect(await readLockFile('/nowhere/custom-rpms.lock.yaml')).toEqual({ git: [], files: [] });
  });

  test('is sorted and commented, and leaves no other file behind', async () => {
    const dir = temporaryFolder();
    const file = join(dir, 'custom-rpms.lock.yaml');
    await writeLockFile(file, { git: [A, DIGITS], files: [TARBALL] });
    expect(readFileSync(file, 'utf8')).toBe(
      [
        '# Written by crpm: what each branch, tag and address stands for. Commit this file with the config.',
        '# crpm update moves it to what is newest.',
        'version: 3',
        'git:',
        '  - url: https://example.org/libvirt.git',
        "    ref: '12.10'",
        `    commit: '${'1'.repeat(40)}'`,
        '  - url: https://example.org/qemu-kvm.git',
        '    ref: c9s',
        `    commit: ${'a'.repeat(40)}`,
        'files:',
        '  - url: https://example.org/libvirt-9.0.0.tar.xz',
        `    sha256: '${'2'.repeat(64)}'`,
        '',
      ].join('\n'),
    );
    expect(readdirSync(dir)).toEqual(['custom-rpms.lock.yaml']);
  });

  test('gives back what was written, commits of digits alone included', async () => {
    const file = fileWith('');
    await writeLockFile(file, { git: [A, DIGITS], files: [TARBALL] });
    const pins = await readLockFile(file);
    expect(findPin(pins, A)).toEqual(A);
    expect(findPin(pins, DIGITS)).toEqual(DIGITS);
    expect(findFilePin(pins, TARBALL.url)).toEqual(TARBALL);
    expect(findPin(pins, { ...A, ref: 'c10s' })).toBeUndefined();
  });

  test('of the first version, which knew branches alone, is read', async () => {
    const file = fileWith(`version: 1\ngit:\n  - { url: ${A.url}, branch: c9s, commit: ${A.commit} }\n`);
    expect(await readLockFile(file)).toEqual({ git: [A], files: [] });
  });

  test('of the second version, which knew tarballs alone, is read', async () => {
    const file = fileWith(`version: 2\ngit: []\ntarballs:\n  - { url: ${TARBALL.url}, sha256: '${TARBALL.sha256}' }\n`);
    expect(await readLockFile(file)).toEqual({ git: [], files: [TARBALL] });
  });

  const entry = (commit: string) => `version: 2\ngit:\n  - {url: u, ref: b, commit: ${commit}}\n`;
  test.each([
    ['', 'expected a document, but the input is empty'],
    ['version: 1\n', 'it needs "version: 3", a list "git" and, if any, a list "files"'],
    ['[]', 'it needs "version: 3", a list "git" and, if any, a list "files"'],
    ['version: 2\ngit: [5]\n', 'entry 1 of git needs url and ref'],
    ['version: 2\ngit: []\ntarballs: [{url: u, sha256: abc}]\n', 'the sha256 of u must be 64 hex digits, in quotes if it is all digits'],
    [entry('main'), 'the commit of u b must be 40 or 64 hex digits, in quotes if it is all digits'],
    [entry(`--upload-pack=${'a'.repeat(40)}`), 'the commit of u b must be 40 or 64 hex digits, in quotes if it is all digits'],
    [entry('1'.repeat(40)), 'the commit of u b must be 40 or 64 hex digits, in quotes if it is all digits'],
  ])('%j is refused', async (text, why) => {
    const file = fileWith(text);
    expect(await failureOf(readLockFile(file))).toEqual({
      class: 'usage',
      message: `${file} is no lock file of crpm: ${why}`,
      next: 'Take it back from git, or delete it to pin what is newest.',
    });
  });

  test('with a merge conflict is refused', async () => {
    const file = fileWith('version: 1\n<<<<<<< ours\ngit: []\n');
    expect((await failureOf(readLockFile(file))).message).toMatch(/is no lock file of crpm: /);
  });

  test('of a newer crpm is refused and not touched', async () => {
    const file = fileWith('version: 4\ngit: []\n');
    expect(await failureOf(readLockFile(file))).toEqual({
      class: 'usage',
      message: `${file} was written by a newer crpm (version 4, this one knows 3)`,
      next: 'Update crpm.',
    });
    expect(readFileSync(file, 'utf8')).toBe('version: 4\ngit: []\n');
  });
});
