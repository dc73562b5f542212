import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TimeLog, verifyCache } from '../src/index.js';
import { bundle, start, temporaryFolder } from './tools.js';

test('eight processes that add, restore and evict in one store at once get right bytes or a miss, and leave it whole', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const script = bundle('store-user.ts', folder);
  const users = Array.from({ length: 8 }, (_, index) => start(script, folder, String(index), '60'));
  let restored = 0;
  for (const user of users) {
    const line = await user.line();
    expect(line).toMatch(/^done \d+$/);
    restored += Number(line?.slice('done '.length));
    await user.ended();
    expect(user.child.exitCode).toBe(0);
  }
  expect(restored).toBeGreaterThan(0);
  const report = await verifyCache({ cache: join(folder, 'cache'), workspaces: [], signal: new AbortController().signal });
  expect(report.damaged).toEqual([]);
  expect(readdirSync(join(folder, 'cache', 'store', 'tmp'))).toEqual([]);
});

test('no name is lost when several processes note and merge at once', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  const script = bundle('log-writer.ts', folder);
  const writers = Array.from({ length: 6 }, (_, index) => start(script, folder, String(index), '300'));
  for (const writer of writers) {
    expect(await writer.line()).toBe('done');
    await writer.ended();
  }
  const names = new TimeLog(join(folder, 'used'), { keep: 10_000 }).read();
  expect(names.size).toBe(1800);
});
