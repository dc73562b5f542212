import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeHeader, END_OF_ARCHIVE } from '../src/index.js';
import { readTar } from '../src/read.js';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'crpm-header-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

describe('a header', () => {
  it('tells GNU tar sizes of more than eight gigabytes', () => {
    const header = encodeHeader({ type: 'file', path: 'huge', mode: 0o644, size: 10 * 2 ** 30 + 7, mtime: 1 });
    const file = join(scratch, 'huge.tar');
    writeFileSync(file, header);
    execFileSync('truncate', [`--size=${512 + 10 * 2 ** 30 + 512 + 1024}`, file]); // sparse
    const shown = execFileSync('tar', ['--list', '--verbose', `--file=${file}`], { encoding: 'utf8' });
    expect(shown).toMatch(/ 10737418247 .* huge\n$/);
  });

  it.each(['short', 'long/'.repeat(40) + 'name', '\xff\xfe'])('tells GNU tar and us fractions of a second of %j', async (path) => {
    const tar = Buffer.concat([encodeHeader({ type: 'file', path, mode: 0o644, size: 0, mtime: 1_600_000_000.125 }), END_OF_ARCHIVE]);
    const seen: unknown[] = [];
    for await (const entry of readTar(Readable.from([tar]))) seen.push([entry.name, entry.mtime]);
    expect(seen).toEqual([[path, 1_600_000_000.125]]);
    const file = join(scratch, 'fraction.tar');
    writeFileSync(file, tar);
    const shown = execFileSync('tar', ['--list', '--verbose', '--full-time', '--utc', '--quoting-style=literal', `--file=${file}`], { encoding: 'latin1' });
    expect(shown).toContain('2020-09-13 12:26:40.125');
    expect(shown.trimEnd().endsWith(path)).toBe(true);
  });
});
