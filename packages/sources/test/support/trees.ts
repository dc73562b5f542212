import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FailureError, type Failure } from '@crpm/core';
import { afterAll, vi } from 'vitest';
import type { Manifest } from '../../src/index.js';

// These tests start many git and tar processes; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const made: string[] = [];

/** A fresh folder that is gone when the tests of the file have run. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-sources-'));
  made.push(dir);
  return dir;
}

afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

/** Writes files, folders made as needed. */
export function write(dir: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
}

/** Waits until what is written gets another second than what was: git compares no finer. */
export async function anotherSecond(): Promise<void> {
  const folder = temporaryFolder();
  const second = () => {
    write(folder, { probe: 'x' });
    return Math.floor(lstatSync(join(folder, 'probe')).ctimeMs / 1000);
  };
  const first = second();
  await vi.waitUntil(() => second() !== first, { interval: 20, timeout: 5_000 });
}

/** git as a developer would call it, without the configuration of whoever runs the tests. */
export function git(dir: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd: dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@example.org',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@example.org',
    },
  });
}

/** A repository whose files are committed on branch `main`. */
export function repository(files: Readonly<Record<string, string | Buffer>>, dir = temporaryFolder()): string {
  mkdirSync(dir, { recursive: true });
  git(dir, 'init', '--quiet', '--initial-branch=main');
  write(dir, files);
  git(dir, 'add', '--all', '--force');
  git(dir, 'commit', '--quiet', '--allow-empty', '--message=start');
  return dir;
}

/** Paths of a manifest, as text. */
export const pathsOf = (manifest: Manifest): string[] => manifest.entries.map(({ path }) => Buffer.from(path, 'latin1').toString('utf8'));

/** Everything below a folder with type, permission and content: equal before and after means untouched. */
export function fingerprintOf(dir: string): string {
  const lines: string[] = [];
  const visit = (path: string) => {
    const stat = lstatSync(path);
    const content = stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : stat.isSymbolicLink() ? readlinkSync(path) : '';
    lines.push(`${path} ${stat.mode} ${stat.isDirectory() ? '' : stat.mtimeMs} ${content}`);
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
  };
  visit(dir);
  return lines.join('\n');
}

/** The failure that something ends with. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
  throw new Error('it did not fail');
}
