import { chmodSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { copyGit } from '../../src/kubevirt/copy-git.js';
import { syncTree } from '../../src/kubevirt/tree-copy.js';
import { temporaryFolder } from '../serve/support/temporary.js';

const signal = new AbortController().signal;
let root: string;
let tree: string;
let copy: string;
const sync = () => syncTree(tree, copy, join(root, 'synced.json'), signal);

function fresh(): void {
  root = temporaryFolder('copy');
  tree = join(root, 'tree');
  copy = join(root, 'copy');
  mkdirSync(tree);
}
beforeEach(fresh);

/** All that is in a folder, as comparable text: path → kind, mode, content. Names as bytes. */
function snapshot(dir: string): Record<string, string> {
  const result: Record<string, string> = {};
  const walk = (at: string, path: string) => {
    for (const name of readdirSync(Buffer.from(at, 'latin1'), 'latin1')) {
      const full = Buffer.from(`${at}/${name}`, 'latin1');
      const stat = lstatSync(full);
      if (stat.isDirectory()) {
        result[`${path}${name}/`] = 'folder';
        walk(`${at}/${name}`, `${path}${name}/`);
      } else if (stat.isSymbolicLink()) result[path + name] = `link ${readlinkSync(full, 'latin1')}`;
      else result[path + name] = `${(stat.mode & 0o111).toString(8)} ${readFileSync(full, 'latin1')}`;
    }
  };
  walk(dir, '');
  return result;
}

type Change =
  | { readonly kind: 'write'; readonly path: string; readonly text: string; readonly mode: number; readonly keepTimes: boolean }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const name = fc.constantFrom('a', 'b', 'hack', '-rf', 'with space', '$(x)', 'new\nline', 'ünï', 'x'.repeat(200));
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), path, text: fc.constantFrom('one', 'two', '', 'three'), mode: fc.constantFrom(0o644, 0o755, 0o444), keepTimes: fc.boolean() }) },
  fc.record({ kind: fc.constant('remove' as const), path }),
  fc.record({ kind: fc.constant('link' as const), path, target: fc.constantFrom('a', '../..', '/etc/passwd', 'nowhere') }),
);

/** Does what is possible; a path through a file or a link is skipped. */
function apply(dir: string, { path, ...change }: Change): void {
  const full = join(dir, path);
  const parts = path.split('/');
  for (let i = 1; i < parts.length; i++) if (lstatSync(join(dir, ...parts.slice(0, i)), { throwIfNoEntry: false })?.isDirectory() === false) return;
  const existing = lstatSync(full, { throwIfNoEntry: false });
  if (change.kind === 'remove') rmSync(full, { recursive: true, force: true });
  else if (change.kind === 'link') {
    if (existing) return;
    mkdirSync(join(full, '..'), { recursive: true });
    symlinkSync(change.target, full);
  } else {
    if (existing && !existing.isFile()) return;
    mkdirSync(join(full, '..'), { recursive: true });
    if (existing) chmodSync(full, 0o644);
    writeFileSync(full, change.text);
    chmodSync(full, change.mode);
    // An editor, a checkout or an attacker may give a changed file its old times again.
    if (existing && change.keepTimes) utimesSync(full, existing.atime, existing.mtime);
  }
}

describe('syncTree', () => {
  test('makes the copy equal, whatever was done to either side since', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ inTree: fc.array(change, { maxLength: 6 }), inCopy: fc.array(change, { maxLength: 4 }) }), { minLength: 1, maxLength: 3 }), async (rounds) => {
        fresh();
        for (const { inTree, inCopy } of rounds) {
          for (const step of inTree) apply(tree, step);
          const before = snapshot(tree);
          await sync();
          expect(snapshot(copy)).toEqual(before);
          expect(snapshot(tree)).toEqual(before);
          for (const step of inCopy) apply(copy, step);
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('copies nothing the second time, once the files have settled', async () => {
    writeFileSync(join(tree, 'a'), 'a');
    // ctime can't be set: a file that changed this moment is copied until its stat can be trusted.
    await expect.poll(async () => (await sync()).copied, { timeout: 10_000, interval: 300 }).toBe(0);
    writeFileSync(join(copy, 'a'), 'b');
    expect((await sync()).copied).toBe(1);
    expect(readFileSync(join(copy, 'a'), 'utf8')).toBe('a');
  }, 30_000);

  test('never shares a file with the tree, and never writes through a link in the copy', async () => {
    writeFileSync(join(tree, 'a'), 'a');
    await sync();
    expect(statSync(join(copy, 'a')).ino).not.toBe(statSync(join(tree, 'a')).ino);
    for (const plant of [linkSync, symlinkSync]) {
      rmSync(join(copy, 'a'));
      plant(join(tree, 'a'), join(copy, 'a'));
      await sync();
      expect(statSync(join(copy, 'a')).ino).not.toBe(statSync(join(tree, 'a')).ino);
      expect(lstatSync(join(copy, 'a')).isFile()).toBe(true);
    }
    expect(readFileSync(join(tree, 'a'), 'utf8')).toBe('a');
  });

  test('keeps names that are no text', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x66, 0xff, 0x80])]), 'x');
    await sync();
    expect(snapshot(copy)).toEqual(snapshot(tree));
  });

  test('leaves out what hack/dockerized leaves out, at any depth, and lets the copy keep its own', async () => {
    for (const dir of ['_out', 'sub/_out', '.bazeldnf', '.git']) {
      mkdirSync(join(tree, dir), { recursive: true });
      writeFileSync(join(tree, dir, 'x'), '');
    }
    symlinkSync('/state', join(tree, '.crpm'));
    mkdirSync(join(copy, '_out'), { recursive: true });
    writeFileSync(join(copy, '_out', 'result'), '');
    await sync();
    expect(Object.keys(snapshot(copy)).sort()).toEqual(['_out/', '_out/result', 'sub/']);
  });

  test('skips sockets and pipes', async () => {
    execFileSync('mkfifo', [join(tree, 'pipe')]);
    writeFileSync(join(tree, 'a'), '');
    await sync();
    expect(Object.keys(snapshot(copy))).toEqual(['a']);
  });
});

describe('copyGit', () => {
  const git = (dir: string, ...args: string[]) => execFileSync('git', ['-C', dir, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

  function repository(dir: string): void {
    git(root, 'init', '--quiet', dir);
    mkdirSync(join(dir, 'sub'));
    writeFileSync(join(dir, 'sub/file'), 'one');
    git(dir, 'add', '.');
    git(dir, 'commit', '--quiet', '-m', 'first');
    git(dir, 'commit', '--quiet', '--allow-empty', '-m', 'second');
    git(dir, 'tag', '-a', 'v1.0', '-m', 'v1.0');
  }

  test.each(['a plain clone', 'a linked worktree'])('says in the copy what git says in the tree: %s', async (kind) => {
    if (kind === 'a plain clone') repository(tree);
    else {
      const main = join(root, 'main');
      repository(main);
      rmSync(tree, { recursive: true });
      git(main, 'worktree', 'add', '--quiet', '--detach', tree);
    }
    writeFileSync(join(tree, 'sub/file'), 'two');
    writeFileSync(join(tree, 'untracked'), '');
    await sync();
    expect(await copyGit(tree, copy, process.env, signal)).toBeUndefined();
    for (const question of [['rev-parse', 'HEAD'], ['status', '--short'], ['ls-files'], ['describe', '--tags']]) expect(git(copy, ...question)).toBe(git(tree, ...question));
  });

  test('does not run what the repository asks git to run', async () => {
    repository(tree);
    git(tree, 'config', 'core.fsmonitor', `touch ${join(root, 'ran')}`);
    await sync();
    await copyGit(tree, copy, process.env, signal);
    expect(readdirSync(root)).not.toContain('ran');
  });

  test('warns where there is no commit yet, and says nothing where there is no repository', async () => {
    await sync();
    expect(await copyGit(tree, copy, process.env, signal)).toBeUndefined();
    git(root, 'init', '--quiet', tree);
    expect(await copyGit(tree, copy, process.env, signal)).toContain('no git repository');
  });
});
