import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exportCommit, fetchGit, scanTree } from '../src/index.js';
import { failureOf, git, repository, temporaryFolder, write } from './support/trees.js';

/** An object written as it is: git itself would not make such trees. */
const object = (dir: string, type: string, content: Buffer) =>
  execFileSync('git', ['hash-object', '-t', type, '-w', '--literally', '--stdin'], { cwd: dir, input: content, encoding: 'utf8' }).trim();

function commitOfTree(dir: string, entries: readonly [mode: string, name: string, hash: string][]): string {
  const tree = Buffer.concat(entries.map(([mode, name, hash]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(hash, 'hex')])));
  return git(dir, 'commit-tree', '-m', 'hostile', object(dir, 'tree', tree)).trim();
}

describe('exporting a commit', () => {
  test('writes what was committed, byte for byte, with executable bits and links', async () => {
    const dir = repository({ 'a.spec': 'x\r\ny\n', 'deep/er/tool': '#!/bin/sh\n', empty: '', 'big.bin': Buffer.alloc(300_000, 9), 'uml\u00e4ut': 'x' });
    chmodSync(join(dir, 'deep/er/tool'), 0o755);
    symlinkSync('../a.spec', join(dir, 'deep/link'));
    symlinkSync('/etc/passwd', join(dir, 'out'));
    git(dir, 'add', '--all');
    git(dir, 'commit', '--quiet', '--message=more');
    const target = join(temporaryFolder(), 'spec');
    await exportCommit(join(dir, '.git'), git(dir, 'rev-parse', 'HEAD').trim(), target);
    expect((await scanTree(target)).digest).toBe((await scanTree(dir)).digest);
  });

  test('lets no attribute change the bytes: filters, line ends, substitutions, export-ignore', async () => {
    const dir = repository({
      '.gitattributes': 'crlf eol=crlf\nsubst export-subst ident\nignored export-ignore\nfiltered filter=evil\n',
      crlf: 'a\nb\n',
      subst: '$Format:%H$ $Id$\n',
      ignored: 'x',
      filtered: 'x',
    });
    git(dir, 'config', 'filter.evil.smudge', 'echo evil');
    git(dir, 'config', 'core.autocrlf', 'true');
    const target = join(temporaryFolder(), 'spec');
    await exportCommit(join(dir, '.git'), 'HEAD', target);
    expect(readdirSync(target).sort()).toEqual(['.gitattributes', 'crlf', 'filtered', 'ignored', 'subst']);
    expect(readFileSync(join(target, 'crlf'), 'utf8')).toBe('a\nb\n');
    expect(readFileSync(join(target, 'subst'), 'utf8')).toBe('$Format:%H$ $Id$\n');
    expect(readFileSync(join(target, 'filtered'), 'utf8')).toBe('x');
  });

  test('replaces what was there, and leaves nothing beside it', async () => {
    const dir = repository({ a: 'x' });
    const parent = temporaryFolder();
    write(parent, { 'spec/old': 'x' });
    await exportCommit(join(dir, '.git'), 'HEAD', join(parent, 'spec'));
    expect(readdirSync(join(parent, 'spec'))).toEqual(['a']);
    expect(readdirSync(parent)).toEqual(['spec']);
  });

  test('works on what fetchGit gives, submodules becoming empty folders', async () => {
    const module = repository({ m: 'x' });
    const dir = repository({ a: 'x' });
    git(dir, 'submodule', '--quiet', 'add', module, 'module');
    git(dir, 'commit', '--quiet', '--message=module');
    const { repository: mirror, commit } = await fetchGit({ url: dir, ref: 'main', cacheDir: temporaryFolder() });
    const target = join(temporaryFolder(), 'spec');
    await exportCommit(mirror, commit, target);
    expect(readdirSync(target).sort()).toEqual(['.gitmodules', 'a', 'module']);
    expect(readdirSync(join(target, 'module'))).toEqual([]);
  });
});

describe('a hostile commit', () => {
  test.each(['..', '.git', '.GIT'])('with the folder %s is refused', async (name) => {
    const dir = repository({ a: 'x' });
    const blob = object(dir, 'blob', Buffer.from('evil'));
    const inner = object(dir, 'tree', Buffer.concat([Buffer.from('100644 evil\0'), Buffer.from(blob, 'hex')]));
    const commit = commitOfTree(dir, [['40000', name, inner]]);
    const parent = temporaryFolder();
    const failure = await failureOf(exportCommit(join(dir, '.git'), commit, join(parent, 'spec')));
    expect(failure).toEqual({ class: 'source', message: `commit ${commit} holds the path ${name}/evil, which git itself would refuse to check out` });
    expect(readdirSync(parent)).toEqual([]);
  });

  test('that would write through a link of its own ends without doing so', async () => {
    const dir = repository({ a: 'x' });
    const outside = temporaryFolder();
    const link = object(dir, 'blob', Buffer.from(outside));
    const blob = object(dir, 'blob', Buffer.from('evil'));
    const inner = object(dir, 'tree', Buffer.concat([Buffer.from('100644 evil\0'), Buffer.from(blob, 'hex')]));
    const commit = commitOfTree(dir, [['120000', 'x', link], ['40000', 'x', inner]]);
    const parent = temporaryFolder();
    await expect(exportCommit(join(dir, '.git'), commit, join(parent, 'spec'))).rejects.toThrow();
    expect(readdirSync(outside)).toEqual([]);
    expect(readdirSync(parent)).toEqual([]);
  });
});

test('a repository without the commit is named', async () => {
  const dir = repository({ a: 'x' });
  const target = join(temporaryFolder(), 'spec');
  mkdirSync(target);
  const failure = await failureOf(exportCommit(join(dir, '.git'), '1'.repeat(40), target));
  expect(failure.class).toBe('environment');
  expect(failure.message).toMatch(/^can't read commit 1{40} in .*\.git: /);
  expect(lstatSync(target).isDirectory()).toBe(true);
});
