import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { howItEnded } from '@crpm/pipeline/how-it-ended';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'crpm-ended-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (name: string, mode: number, text: string) => {
  writeFileSync(join(dir, name), text);
  chmodSync(join(dir, name), mode);
  return join(dir, name);
};

test.each([
  ['an exit code', 'sh', ['-c', 'exit 3'], 'ended with exit code 3'],
  ['a signal', 'sh', ['-c', 'kill -9 $$'], 'was ended by SIGKILL'],
  ['a program that is nowhere', 'no-such-program', [], 'could not be started: no-such-program is not on PATH'],
  ['a file without the x bit', file('plain', 0o644, '#!/bin/sh\n'), [], `could not be started: ${dir}/plain is not executable`],
  ['a script of an interpreter that is nowhere', file('odd', 0o755, '#!/no/such\n'), [], `could not be started: ${dir}/odd, or the interpreter that its first line names, is not there`],
])('%s is told in words', async (_what, program, args, words) => {
  expect(howItEnded(await execa(program, args, { reject: false }), program)).toBe(words);
});
