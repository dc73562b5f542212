import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { fetchGit, fetchPinned, resolveRef } from '../src/index.js';
import { failureOf, fingerprintOf, git, repository, temporaryFolder, write } from './support/trees.js';

let upstream: string;
let cacheDir: string;
const commitOf = (dir: string, ref = 'HEAD') => git(dir, 'rev-parse', ref).trim();
const commit = (files: Record<string, string>) => {
  write(upstream, files);
  git(upstream, 'add', '--all');
  git(upstream, 'commit', '--quiet', '--message=more');
  return commitOf(upstream);
};

beforeEach(() => {
  upstream = repository({ 'qemu-kvm.spec': 'Version: 1\n' });
  git(upstream, 'branch', 'c9s');
  cacheDir = temporaryFolder();
});

describe('fetching a branch', () => {
  test('gives its newest commit, without history, in a repository of its own', async () => {
    const first = commitOf(upstream);
    const second = commit({ 'a.patch': 'x' });
    const fetched = await fetchGit({ url: `file://${upstream}`, ref: 'main', cacheDir });
    expect(fetched.commit).toBe(second);
    expect(git(fetched.repository, 'log', '--format=%H', second).trim()).toBe(second);
    expect(second).not.toBe(first);
  });

  test('does not touch the repository it comes from', async () => {
    const before = fingerprintOf(upstream);
    await fetchGit({ url: upstream, ref: 'main', cacheDir });
    expect(fingerprintOf(upstream)).toBe(before);
  });

  test('many times at once is one result', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => fetchGit({ url: upstream, ref: 'main', cacheDir })));
    expect(new Set(results.map(({ repository }) => repository)).size).toBe(1);
    expect(git(results[0]!.repository, 'show', `${results[0]!.commit}:qemu-kvm.spec`)).toBe('Version: 1\n');
  });

  test('whose repository was fetched before gets only what is new', async () => {
    const first = await fetchGit({ url: upstream, ref: 'main', cacheDir });
    const newest = commit({ 'a.patch': 'x' });
    const second = await fetchGit({ url: upstream, ref: 'main', cacheDir });
    expect(second).toEqual({ commit: newest, repository: first.repository });
    rmSync(upstream, { recursive: true });
    for (const name of [first.commit, newest]) expect((await fetchGit({ url: upstream, ref: 'main', commit: name, cacheDir })).commit).toBe(name);
  });

  test('works from a shallow clone as well', async () => {
    commit({ 'a.patch': 'x' });
    const clone = join(temporaryFolder(), 'clone');
    git(upstream, 'clone', '--quiet', '--depth=1', `file://${upstream}`, clone);
    expect((await fetchGit({ url: clone, ref: 'main', cacheDir })).commit).toBe(commitOf(upstream));
  });
});

describe('fetching a tag', () => {
  test('gives the commit that it stands for, with a message of its own or without', async () => {
    git(upstream, 'tag', 'light');
    git(upstream, 'tag', '--annotate', '--message=a release', 'v1.0');
    const tagged = commitOf(upstream);
    commit({ 'a.patch': 'x' });
    for (const ref of ['light', 'v1.0']) {
      expect((await fetchGit({ url: upstream, ref, cacheDir })).commit).toBe(tagged);
      expect(await resolveRef({ url: upstream, ref, cacheDir })).toBe(tagged);
    }
  });

  test('gives way to a branch of the same name', async () => {
    git(upstream, 'checkout', '--quiet', 'c9s');
    git(upstream, 'tag', 'c9s');
    const newest = commit({ 'a.patch': 'x' });
    expect((await fetchGit({ url: upstream, ref: 'c9s', cacheDir })).commit).toBe(newest);
  });
});

describe('fetching a commit', () => {
  test('gives that one though the branch moved on', async () => {
    const old = commitOf(upstream);
    commit({ 'qemu-kvm.spec': 'Version: 2\n' });
    const fetched = await fetchGit({ url: upstream, ref: 'main', commit: old, cacheDir });
    expect(git(fetched.repository, 'show', `${old}:qemu-kvm.spec`)).toBe('Version: 1\n');
  });

  test('that is here already needs no network', async () => {
    const { commit } = await fetchGit({ url: upstream, ref: 'main', cacheDir });
    rmSync(upstream, { recursive: true });
    expect((await fetchGit({ url: upstream, ref: 'main', commit, cacheDir })).commit).toBe(commit);
  });

  test('whose copy was damaged fetches it again', async () => {
    const { commit, repository } = await fetchGit({ url: upstream, ref: 'main', cacheDir });
    rmSync(join(repository, 'objects'), { recursive: true });
    const again = await fetchGit({ url: upstream, ref: 'main', commit, cacheDir });
    expect(git(again.repository, 'show', `${commit}:qemu-kvm.spec`)).toBe('Version: 1\n');
  });

  test('named in place of a ref gives that one, and where it is not there says so', async () => {
    const old = commitOf(upstream);
    commit({ 'qemu-kvm.spec': 'Version: 2\n' });
    expect((await fetchGit({ url: upstream, ref: old, cacheDir })).commit).toBe(old);
    expect(await resolveRef({ url: '/nowhere', ref: old, cacheDir })).toBe(old);
    const gone = 'abcdef0123'.repeat(4);
    expect(await failureOf(fetchGit({ url: upstream, ref: gone, cacheDir }))).toEqual({ class: 'usage', message: `${upstream} has no commit ${gone}`, next: 'Correct ref in the config.' });
  });

  test('that is not there is a wrong pin', async () => {
    const commit = '1234567890'.repeat(4);
    expect(await failureOf(fetchGit({ url: upstream, ref: 'main', commit, cacheDir }))).toMatchObject({
      class: 'usage',
      message: `${upstream} has no commit ${commit} on main`,
    });
  });

  test('by a short name is refused', async () => {
    expect((await failureOf(fetchGit({ url: upstream, ref: 'main', commit: 'abc123', cacheDir }))).message).toBe('"abc123" is no full name of a git commit');
  });
});

describe('a fetch that can not work says why', () => {
  test('an unknown branch: with the ones there are', async () => {
    for (const name of ['c10s', 'c8s', 'f40', 'f41', 'f42', 'f43', 'rawhide']) git(upstream, 'branch', name);
    expect(await failureOf(fetchGit({ url: upstream, ref: 'c11s', cacheDir }))).toEqual({
      class: 'usage',
      message: `${upstream} has no branch or tag c11s; its branches: c10s, c8s, c9s, f40, f41, f42, f43, main and 1 more`,
      next: 'Correct the ref (of a spec: branch) in the config.',
    });
  });

  test('no repository at that place', async () => {
    const failure = await failureOf(fetchGit({ url: '/nowhere/repo.git', ref: 'main', cacheDir }));
    expect(failure.class).toBe('usage');
    expect(failure.message).toMatch(/^there is no git repository at \/nowhere\/repo\.git: /);
  });

  test('a server that does not answer', async () => {
    const failure = await failureOf(fetchGit({ url: 'git://127.0.0.1:1/repo.git', ref: 'main', cacheDir }));
    expect(failure.class).toBe('environment');
    expect(failure.message).toMatch(/^can't fetch main from git:\/\/127\.0\.0\.1:1\/repo\.git: .*refused/);
  });

  test('a stop', async () => {
    expect((await failureOf(fetchGit({ url: upstream, ref: 'main', cacheDir, signal: AbortSignal.abort() }))).class).toBe('cancelled');
  });
});

describe('an address', () => {
  const mark = '/tmp/crpm-sources-mark';

  test.each([
    [`ext::sh -c touch% ${mark}`, 'remote helpers are not run'],
    ['--upload-pack=touch /tmp/x', 'it begins with -'],
    ['ssh://-oProxyCommand=touch/x', 'the host begins with -'],
    ['http://example.org/x.git', 'http is no transport that crpm uses'],
    ['ftp://example.org/x.git', 'ftp is no transport that crpm uses'],
    ['fd::17', 'remote helpers are not run'],
    ['transport::file:///x', 'remote helpers are not run'],
    ['relative/path', 'it is neither an address nor an absolute path'],
    ['-host:path', 'it begins with -'],
    ['https://example.org/a\nb', 'it holds control characters'],
  ])('%j is refused before git is run', async (url, why) => {
    expect(await failureOf(fetchGit({ url, ref: 'main', cacheDir }))).toMatchObject({
      class: 'usage',
      message: `git address ${JSON.stringify(url)} is refused: ${why}`,
    });
    expect(existsSync(mark)).toBe(false);
    expect(existsSync(join(cacheDir, 'git'))).toBe(false);
  });

  test('with a password in it is refused, and the password is not shown', async () => {
    const failure = await failureOf(fetchGit({ url: 'https://user:hunter2@example.org/x.git', ref: 'main', cacheDir }));
    expect(failure.message).toBe(
      'git address "https://user:…@example.org/x.git" is refused: it holds a password, which would end up in logs; use a credential helper or ssh',
    );
  });

  test.each(['-x', '--upload-pack=x', 'a..b', 'a b', 'a\nb', 'x.lock', 'a:b', '', '@', 'a@{1}', '/a', 'a/'])('the ref %j is refused', async (ref) => {
    expect((await failureOf(fetchGit({ url: upstream, ref, cacheDir }))).message).toBe(`${JSON.stringify(ref)} can't be the name of a git branch or tag`);
  });
});

describe('a pinned branch', () => {
  test('stays at the commit of its first fetch until its entry is deleted', async () => {
    const lockFile = join(temporaryFolder(), 'custom-rpms.lock.yaml');
    const options = { url: upstream, ref: 'main', cacheDir, lockFile };
    const first = await fetchPinned(options);
    const text = readFileSync(lockFile, 'utf8');
    expect(text).toContain(first.commit);
    const newest = commit({ 'qemu-kvm.spec': 'Version: 2\n' });
    expect(await fetchPinned(options)).toEqual(first);
    expect(readFileSync(lockFile, 'utf8')).toBe(text);
    rmSync(lockFile);
    expect((await fetchPinned(options)).commit).toBe(newest);
  });

  test('keeps the pins of others that are fetched at the same time', async () => {
    const lockFile = join(temporaryFolder(), 'custom-rpms.lock.yaml');
    await Promise.all(['main', 'c9s'].map((ref) => fetchPinned({ url: upstream, ref, cacheDir, lockFile })));
    const text = readFileSync(lockFile, 'utf8');
    expect(text).toContain('ref: main');
    expect(text).toContain('ref: c9s');
  });

  test('is not fetched when the lock file is damaged', async () => {
    const lockFile = join(temporaryFolder(), 'custom-rpms.lock.yaml');
    writeFileSync(lockFile, '<<<<<<< ours\n');
    expect((await failureOf(fetchPinned({ url: upstream, ref: 'main', cacheDir, lockFile }))).class).toBe('usage');
    expect(readFileSync(lockFile, 'utf8')).toBe('<<<<<<< ours\n');
  });
});
