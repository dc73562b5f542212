import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FailureError } from '@crpm/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cpioAsTar, isCpio, unpack } from '../src/index.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'crpm-cpio-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** One entry of a "new ASCII" archive. */
function entry(name: string, content: string, { mode = 0o100644, links = 1 } = {}): Buffer {
  const fields = [1, mode, 0, 0, links, 1_700_000_000, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const head = Buffer.from(`070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}${name}\0`);
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  return Buffer.concat([padded(head), padded(Buffer.from(content))]);
}
const END = entry('TRAILER!!!', '');
const stream = async function* (bytes: Buffer, piece = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
};
async function into(bytes: Buffer): Promise<void> {
  mkdirSync(join(root, 'out'), { recursive: true });
  await unpack(cpioAsTar(stream(bytes), 'a.src.rpm'), join(root, 'out'), { links: 'inside', from: 'a.src.rpm' });
}
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof FailureError ? error.failure : error),
  );

describe('a cpio archive', () => {
  test('becomes the files that it holds, with modes, times, and bytes of any length', async () => {
    const bytes = Buffer.concat([entry('a.spec', 'Name: a\n'), entry('empty', ''), entry('run', '#!/bin/sh\nx', { mode: 0o100755 }), END]);
    expect(isCpio(bytes)).toBe(true);
    await into(bytes);
    expect(readFileSync(join(root, 'out/a.spec'), 'utf8')).toBe('Name: a\n');
    expect(readFileSync(join(root, 'out/run'), 'utf8')).toBe('#!/bin/sh\nx');
    expect(statSync(join(root, 'out/run')).mode & 0o777).toBe(0o755);
    expect(statSync(join(root, 'out/empty'))).toMatchObject({ size: 0, mtimeMs: 1_700_000_000_000 });
  });

  test('cut at any byte is refused', async () => {
    const bytes = Buffer.concat([entry('a', 'content'), END]);
    for (let length = 0; length < bytes.length - 2; length++) expect(await failureOf(into(bytes.subarray(0, length))), String(length)).toMatchObject({ class: 'usage', message: expect.stringContaining('a.src.rpm is damaged: ') as string });
  });

  test.each([
    ['a link', entry('l', '/etc/passwd', { mode: 0o120777 }), 'refused l in a.src.rpm: it is neither a file nor a folder'],
    ['a device', entry('d', '', { mode: 0o020644 }), 'refused d in a.src.rpm: it is neither a file nor a folder'],
    ['a hard link', entry('h', '', { links: 2 }), 'refused h in a.src.rpm: hard links are not taken'],
    ['a name that leads out', entry('../x', 'x'), 'refused ../x in a.src.rpm: its name contains ..'],
    ['an absolute name', entry('/x', 'x'), 'refused /x in a.src.rpm: its name is absolute'],
    ['another format', Buffer.from('070707'.padEnd(200, '0')), 'a.src.rpm is damaged: an entry has no header'],
  ])('with %s is refused by name', async (_what, bytes, message) => {
    expect(await failureOf(into(Buffer.concat([bytes, END])))).toMatchObject({ class: 'usage', message });
  });

  test('made by cpio itself is read', async (context) => {
    writeFileSync(join(root, 'x.patch'), 'patch\n'.repeat(5000));
    let made: Buffer;
    try {
      made = execFileSync('cpio', ['--quiet', '-o', '-H', 'newc'], { cwd: root, input: 'x.patch\n' });
    } catch {
      return context.skip();
    }
    await into(made);
    expect(readFileSync(join(root, 'out/x.patch'), 'utf8')).toHaveLength(30_000);
  });
});
