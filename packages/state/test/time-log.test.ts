import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TimeLog } from '../src/index.js';
import { temporaryFolder } from './tools.js';

test('it knows the last time of each name, also when times come out of order', async () => {
  const log = new TimeLog(join(temporaryFolder(), 'cache', 'used'), { keep: 10 });
  expect(log.read()).toEqual(new Map());
  await log.note(['results/a', 'git/b with spaces'], 1000);
  await log.note(['results/a'], 3000);
  await log.note(['results/a'], 2000);
  expect(log.read()).toEqual(new Map([['results/a', 3000], ['git/b with spaces', 1000]]));
});

test('cut at any byte, it keeps every whole line, and the next note is whole again', async () => {
  const file = join(temporaryFolder(), 'used');
  const log = new TimeLog(file, { keep: 10 });
  await log.note(['a'], 1000);
  await log.note(['b'], 2000);
  const whole = readFileSync(file);
  for (let cut = 0; cut < whole.length; cut++) {
    writeFileSync(file, whole);
    truncateSync(file, cut);
    await log.note(['c'], 3000);
    expect([...log.read().keys()].filter((name) => !['a', 'b', 'c'].includes(name))).toEqual([]);
    expect(log.read().get('c')).toBe(3000);
    if (cut > whole.indexOf('a')) expect(log.read().get('a')).toBe(1000);
  }
});

test('garbage costs its own line', async () => {
  const file = join(temporaryFolder(), 'used');
  const log = new TimeLog(file, { keep: 10 });
  await log.note(['a'], 1000);
  appendFileSync(file, Buffer.from([0, 255, 10, 49, 50, 32, 120, 10]));
  await log.note(['b'], 2000);
  expect(log.read()).toEqual(new Map([['a', 1000], ['b', 2000]]));
  await expect(log.note(['two\nlines'])).rejects.toThrow('not a name');
});

test('it does not grow without end: the latest names are kept', async () => {
  const folder = temporaryFolder();
  const log = new TimeLog(join(folder, 'used'), { keep: 5, turn: 200 });
  for (let time = 0; time < 500; time++) await log.note([`name ${String(time)}`], time);
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThan(2000);
  expect(log.read().get('name 499')).toBe(499);
  expect(log.read().has('name 0')).toBe(false);
});
