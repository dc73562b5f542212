import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyLog } from '../src/tail.js';

let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crpm-tail-'));
  log = join(folder, 'a.log');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const { signal } = new AbortController();
const screen = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, isTTY, write: (text: string) => written.push(text) };
};

test('off a terminal a log is copied as it is, also where a character lies across two reads', async () => {
  const text = `\u001b[31mred\u001b[0m ${'ü'.repeat(600_000)}\nend`;
  writeFileSync(log, text);
  const to = screen(false);
  await copyLog(log, to, { follow: () => false, signal });
  expect(to.written.join('') === text).toBe(true);
});

test('on a terminal control sequences are taken out, a last line without an end included', async () => {
  writeFileSync(log, '\u001b[31mred\u001b[0m\n\u001b[2Jend');
  const to = screen(true);
  await copyLog(log, to, { follow: () => false, signal });
  expect(to.written.join('')).toBe('red\nend\n');
});

test('following goes on while more may come, and misses nothing that was written before the end was told', async () => {
  writeFileSync(log, 'one\n');
  const to = screen(false);
  let asked = 0;
  const follow = () => {
    asked++;
    appendFileSync(log, `more ${asked}\n`);
    return asked < 2;
  };
  await copyLog(log, to, { follow, signal });
  expect(to.written.join('')).toBe('one\nmore 1\nmore 2\n');
});
