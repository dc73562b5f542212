import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, NodeContext, Work } from '@crpm/core';
import { expect, onTestFinished, test } from 'vitest';
import { ANSWERS, runAnswering } from '../../src/build/answering-step.js';
import { script } from '../../src/build/scripts.js';

/** A work folder whose programs really run, here. */
const work = {
  root: '/',
  run: ({ argv, env, line }: Command) => {
    const [program = '', ...args] = argv;
    const output = execFileSync(program, args, { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' });
    for (const text of output.split('\n').slice(0, -1)) line(text);
    return Promise.resolve({ code: 0, oom: false });
  },
} as unknown as Work;

test('a build says what it likes: its lines go to the log, and none is an answer', async () => {
  const log: string[] = [];
  const heard: string[] = [];
  const answered: string[] = [];
  const state = mkdtempSync(join(tmpdir(), 'crpm-answers-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const context = { node: { id: 'qemu.rpmbuild' }, workspace: { state }, signal: new AbortController().signal, report: { line: (text: string) => log.push(text) } } as unknown as NodeContext;
  const text = `set -eu
${ANSWERS}
answer tree 'some path'
sh -c 'echo crpm-tree evil; echo "crpm-$CRPM_ANSWER"; echo "\${CRPM_ANSWER-} tree evil"; env | grep -c CRPM_ANSWER || true'
answer ninja
`;
  const ran = await runAnswering(context, work, { argv: script(text, []), hear: (line) => heard.push(line), answered: (answer) => answered.push(answer) });
  expect(ran.answers).toEqual(['tree some path', 'ninja']);
  expect(answered).toEqual(ran.answers);
  expect(log).toEqual(['crpm-tree evil', 'crpm-', ' tree evil', '0']);
  expect(heard).toEqual(log);
});
