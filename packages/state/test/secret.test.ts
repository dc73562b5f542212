import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretFor } from '../src/secret.js';

let state: string;
beforeEach(() => { state = mkdtempSync(join(tmpdir(), 'crpm-secret-')); });
afterEach(() => { rmSync(state, { recursive: true }); });

test('is the same each time, another for each purpose and workspace, and the user’s alone', () => {
  const first = secretFor({ state }, 'one');
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(secretFor({ state }, 'one')).toBe(first);
  expect(secretFor({ state }, 'two')).not.toBe(first);
  expect(secretFor({ state: join(state, 'other') }, 'one')).not.toBe(first);
  expect(statSync(join(state, 'secret')).mode & 0o777).toBe(0o600);
});

test('a file that was damaged is made anew, and nothing follows from what is in it', () => {
  writeFileSync(join(state, 'secret'), '');
  const made = secretFor({ state }, 'one');
  expect(secretFor({ state }, 'one')).toBe(made);
});
