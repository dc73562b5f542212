import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeHeader } from '../src/index.js';

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
});
