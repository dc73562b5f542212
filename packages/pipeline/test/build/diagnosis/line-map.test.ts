import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { originOf } from '../../../src/build/diagnosis/line-map.js';

const dir = mkdtempSync(join(tmpdir(), 'crpm-lines-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** What git itself says of the way from the one text to the other. */
function diff(from: readonly string[], to: readonly string[]): string {
  writeFileSync(join(dir, 'from'), from.map((line) => `${line}\n`).join(''));
  writeFileSync(join(dir, 'to'), to.map((line) => `${line}\n`).join(''));
  try {
    return execFileSync('git', ['diff', '--no-index', '--unified=0', '--', 'from', 'to'], { cwd: dir, encoding: 'utf8' });
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}

const OWN = ['a', 'b', 'c', 'd', 'e'];

test.each([
  ['equal files', OWN, [1, 2, 3, 4, 5]],
  ['lines that were added in front', ['x', 'y', ...OWN], ['1 written', '1 written', 1, 2, 3, 4, 5]],
  ['lines that were added within', ['a', 'b', 'x', 'c', 'd', 'e'], [1, 2, '2 written', 3, 4, 5]],
  ['a line that was taken away', ['a', 'c', 'd', 'e'], [1, 3, 4, 5]],
  ['the first line taken away', ['b', 'c', 'd', 'e'], [2, 3, 4, 5]],
  ['a line that was changed', ['a', 'b', 'X', 'd', 'e'], [1, 2, '3 written', 4, 5]],
  ['one that became three', ['a', 'X', 'Y', 'Z', 'c', 'd', 'e'], [1, '2 written', '2 written', '2 written', 3, 4, 5]],
  ['changes in several places', ['x', 'a', 'c', 'd', 'Y', 'Z'], ['1 written', 1, 3, 4, '5 written', '5 written']],
])('%s', (_what, built, origins) => {
  const changes = diff(OWN, built);
  expect(built.map((_line, index) => originOf(changes, index + 1)).map(({ line, written }) => (written ? `${String(line)} written` : line))).toEqual(origins);
});
