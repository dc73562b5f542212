import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addressesIn, rulesServedAt } from '../../src/kubevirt/served-rules.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

function tree(workspace?: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-test-'));
  onTestFinished(() => { rmSync(dir, { recursive: true }); });
  if (workspace !== undefined) writeFileSync(join(dir, 'WORKSPACE'), workspace);
  return dir;
}

const rule = (name: string, ...urls: readonly string[]) => `rpm(\n    name = "${name}",\n    sha256 = "${A}",\n    urls = ${JSON.stringify(urls)},\n)\n`;

const WORKSPACE = [
  rule('ours', `http://127.0.0.1:4100/cs9/x86_64/by-sha256/${A}/a.rpm`),
  rule('moved', `http://127.0.0.1:4999/cs9/x86_64/by-sha256/${B}/b.rpm`),
  rule('official', 'https://mirror.example.com/by-sha256/short/c.rpm', `https://mirror.example.com/${'c'.repeat(64)}`),
].join('');

test('rules are known by the server that they name', () => {
  expect(rulesServedAt(tree(WORKSPACE), 'http://127.0.0.1:4100/')).toEqual(['ours']);
  expect(rulesServedAt(tree(), 'http://127.0.0.1:4100/')).toEqual([]);
});

test('an address by content is named whatever server stands in front of it, and nothing else is one', () => {
  expect(addressesIn(tree(WORKSPACE))).toEqual(new Set([A, B]));
  expect(addressesIn(tree())).toEqual(new Set());
});
