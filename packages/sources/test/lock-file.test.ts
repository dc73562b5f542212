import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPin, readLockFile, writeLockFile, type Pin } from '../src/index.js';
import { failureOf, temporaryFolder } from './support/trees.js';

const A: Pin = { url: 'https://example.org/qemu-kvm.git', branch: 'c9s', commit: 'a'.repeat(40) };
const DIGITS: Pin = { url: 'https://example.org/libvirt.git', branch: '12.10', commit: '1'.repeat(40) };
const fileWith = (text: string) => {
  const file = join(temporaryFolder(), 'custom-rpms.lock.yaml');
  writeFileSync(file, text);
  return file;
};

describe('the lock file', () => {
  test('that does not exist has no pins', async () => {
    expect(await readLockFile('/nowhere/custom-rpms.lock.yaml')).toEqual([]);
  });

  test('is sorted and commented, and leaves no other file behind', async () => {
    const dir = temporaryFolder();
    const file = join(dir, 'custom-rpms.lock.yaml');
    await writeLockFile(file, [A, DIGITS]);
    expect(readFileSync(file, 'utf8')).toBe(
      [
        '# Written by crpm: the commit that each branch stands for. Commit this file with the config.',
        "# To take a branch's newest commit, delete its entry.",
        'version: 1',
        'git:',
        '  - url: https://example.org/libvirt.git',
        "    branch: '12.10'",
        `    commit: '${'1'.repeat(40)}'`,
        '  - url: https://example.org/qemu-kvm.git',
        '    branch: c9s',
        `    commit: ${'a'.repeat(40)}`,
        '',
      ].join('\n'),
    );
    expect(readdirSync(dir)).toEqual(['custom-rpms.lock.yaml']);
  });

  test('gives back what was written, commits of digits alone included', async () => {
    const file = fileWith('');
    await writeLockFile(file, [A, DIGITS]);
    const pins = await readLockFile(file);
    expect(findPin(pins, A)).toEqual(A);
    expect(findPin(pins, DIGITS)).toEqual(DIGITS);
    expect(findPin(pins, { ...A, branch: 'c10s' })).toBeUndefined();
  });

  const entry = (commit: string) => `version: 1\ngit:\n  - {url: u, branch: b, commit: ${commit}}\n`;
  test.each([
    ['', 'expected a document, but the input is empty'],
    ['version: 1\n', 'it needs "version: 1" and a list "git"'],
    ['[]', 'it needs "version: 1" and a list "git"'],
    ['version: 1\ngit: [5]\n', 'entry 1 needs url and branch'],
    [entry('main'), 'the commit of u b must be 40 or 64 hex digits, in quotes if it is all digits'],
    [entry(`--upload-pack=${'a'.repeat(40)}`), 'the commit of u b must be 40 or 64 hex digits, in quotes if it is all digits'],
    [entry('1'.repeat(40)), 'the commit of u b must be 40 or 64 hex digits, in quotes if it is all digits'],
  ])('%j is refused', async (text, why) => {
    const file = fileWith(text);
    expect(await failureOf(readLockFile(file))).toEqual({
      class: 'usage',
      message: `${file} is no lock file of crpm: ${why}`,
      next: 'Take it back from git, or delete it to pin the newest commits.',
    });
  });

  test('with a merge conflict is refused', async () => {
    const file = fileWith('version: 1\n<<<<<<< ours\ngit: []\n');
    expect((await failureOf(readLockFile(file))).message).toMatch(/is no lock file of crpm: /);
  });

  test('of a newer crpm is refused and not touched', async () => {
    const file = fileWith('version: 2\ngit: []\n');
    expect(await failureOf(readLockFile(file))).toEqual({
      class: 'usage',
      message: `${file} was written by a newer crpm (version 2, this one knows 1)`,
      next: 'Update crpm.',
    });
    expect(readFileSync(file, 'utf8')).toBe('version: 2\ngit: []\n');
  });
});
