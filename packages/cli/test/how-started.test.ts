import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { howStarted } from '../src/how-started.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'crpm-how-started-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function folderWithCrpm(...path: readonly string[]): string {
  const folder = join(root, ...path);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'crpm'), '#!/bin/sh\n');
  chmodSync(join(folder, 'crpm'), 0o755);
  return folder;
}

test('npx and scripts of npm start a crpm that only npx finds', () => {
  const PATH = `${folderWithCrpm('node_modules', '.bin')}:/nowhere`;
  expect(howStarted({ npm_command: 'exec', PATH })).toBe('npx crpm');
  expect(howStarted({ npm_command: 'run-script', npm_lifecycle_event: 'rpms', PATH })).toBe('npx crpm');
  expect(howStarted({ npm_command: 'exec' })).toBe('npx crpm');
});

test('one that the shell finds as well is started by its name', () => {
  expect(howStarted({ npm_command: 'exec', PATH: `${folderWithCrpm('node_modules', '.bin')}:${folderWithCrpm('bin')}` })).toBe('crpm');
});

test('what npm did not start is started by its name', () => {
  expect(howStarted({ PATH: '/nowhere' })).toBe('crpm');
});
