import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogIndex } from '../../src/ui/log-index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crpm-index-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const line = (number: number) => `line ${String(number)} ${'x'.repeat(1000)}\n`;
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => line(from + index)).join('');

test('a log that grows: chunks that are whole stay as they are, the last one grows with it', () => {
  const path = join(folder, 'a.log');
  const index = new LogIndex(path);
  expect(index.catalogue()).toBeUndefined();
  writeFileSync(path, '');
  expect(index.catalogue()).toEqual({ path, bytes: 0, lines: 0, chunks: [] });

  writeFileSync(path, lines(0, 2500));
  const before = index.catalogue()!;
  expect(before.chunks.length).toBe(3);
  appendFileSync(path, `${lines(2500, 4000)}no newline yet`);
  const after = index.catalogue()!;
  expect(after.chunks.slice(0, 2)).toEqual(before.chunks.slice(0, 2));
  expect(after.chunks[2]).toMatchObject({ firstLine: before.chunks[2]!.firstLine });
  expect(after.lines).toBe(4001);
  // Nobody else sees where they end: together they are the file, and each begins with its line.
  const text = after.chunks.map((_, number) => index.chunk(number)!.toString());
  expect(text.join('')).toBe(`${lines(0, 4000)}no newline yet`);
  expect(text.map((chunk) => Number(/^line (\d+)/.exec(chunk)?.[1]))).toEqual(after.chunks.map(({ firstLine }) => firstLine));
  expect(index.chunk(after.chunks.length)).toBeUndefined();

  truncateSync(path, line(0).length);
  expect(index.catalogue()).toEqual({ path, bytes: line(0).length, lines: 1, chunks: [{ firstLine: 0, lines: 1 }] });
});
