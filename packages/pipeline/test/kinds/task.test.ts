import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toFailure, type NodeOutput } from '@crpm/core';
import { taskKind } from '@crpm/pipeline/kinds/task';
import type { TaskParams } from '@crpm/pipeline/params';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { nodeContext } from '../support/node-context.js';
import { makeWorkspace } from '../support/run-graph.js';
import { writeTree } from '../support/trees.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'crpm-task-'))));
afterEach(() => rmSync(root, { recursive: true }));

const kind = taskKind({ env: { PATH: process.env['PATH'] } });
const task = (overrides: Partial<TaskParams>): TaskParams => ({ root, run: ['true'], inputs: [], outputs: [], env: {}, ...overrides });
const contextOf = (params: TaskParams) => nodeContext({ id: 'notify', kind: 'task', params }, makeWorkspace(join(root, 'ws')));
const run = async (params: TaskParams) => {
  const made = contextOf(params);
  await kind.run(params, made.context);
  return made;
};

describe('a task', () => {
  test('given as a list is an argv that no shell reads', async () => {
    const { lines } = await run(task({ run: ['printf', '%s\\n', '$HOME; echo', '`x`'] }));
    expect(lines).toEqual(['$HOME; echo', '`x`']);
  });

  test('given as text is the one thing that a shell reads', async () => {
    const { lines } = await run(task({ run: 'echo "$GREETING" | tr a-z A-Z', env: { GREETING: 'hello' } }));
    expect(lines).toEqual(['HELLO']);
  });

  test('tells each state of a line that is redrawn, and a line without end in parts', async () => {
    expect((await run(task({ run: "printf '10%%\\r20%%\\r\\n\\nlast'" }))).lines).toEqual(['10%', '20%', '', 'last']);
    const { lines } = await run(task({ run: "head -c 100000 /dev/zero | tr '\\0' x" }));
    expect(lines.map(({ length }) => length)).toEqual([65_536 + ' … (line goes on)'.length, 100_000 - 65_536]);
  });

  test('that is no program says so', async () => {
    expect(await run(task({ run: ['no-such-program'] })).then(() => undefined, toFailure)).toMatchObject({ message: 'the task notify could not be started: no-such-program is not on PATH' });
  });

  test('that needs serve is told where the repository is, and nothing otherwise', async () => {
    const params = task({ run: 'echo "at ${CRPM_REPO_URL-nowhere}"' });
    const { context, lines } = contextOf(params);
    const serve: NodeOutput = { dir: root, files: [], data: { mode: 'none', baseUrl: 'https://rpms.example.com/' }, digest: `sha256:${'0'.repeat(64)}` };
    await kind.run(params, context);
    await kind.run(params, { ...context, needs: new Map([['serve', serve]]) });
    await kind.run(params, { ...context, needs: new Map([['serve', { ...serve, data: { mode: 'process', port: 41000 } }]]) });
    // A server that moves is another address, so the task runs again.
    expect(await kind.inputs(params, { ...context, needs: new Map([['serve', serve]]) })).toEqual([{ name: 'env/CRPM_REPO_URL', value: 'https://rpms.example.com' }]);
    expect(lines).toEqual(['at nowhere', 'at https://rpms.example.com', 'at http://127.0.0.1:41000']);
  });

  test('keeps copies of its outputs under their paths', async () => {
    const { context } = await run(task({ run: 'mkdir -p out/deep && echo one >out/deep/a', outputs: ['out'] }));
    expect(readFileSync(join(context.out, 'out/deep/a'), 'utf8')).toBe('one\n');
  });

  test('fails with its exit code, its words, and where it is written', async () => {
    const failure = await run(task({ run: 'echo broken; exit 3' })).then(() => undefined, toFailure);
    expect(failure).toEqual({
      class: 'build',
      message: 'the task notify ended with exit code 3',
      next: 'Correct what the lines shown name, or tasks.notify.run in the config.',
      lines: ['broken'],
    });
  });

  test('ends with all that it started when the run is cancelled', async () => {
    const controller = new AbortController();
    const params = task({ run: 'sleep 1000 & echo "$!"; wait' });
    const { context } = contextOf(params);
    let child = 0;
    const report = { ...context.report, line: (text: string) => {
      child = Number(text);
      controller.abort();
    } };
    const failure = await kind.run(params, { ...context, report, signal: controller.signal }).then(() => undefined, toFailure);
    expect(failure?.class).toBe('cancelled');
    // The output ends only when all that held it is gone.
    expect(existsSync(`/proc/${String(child)}/fd/1`)).toBe(false);
  });

  test('fails when an output is not made, or lies outside the config’s folder', async () => {
    expect((await run(task({ outputs: ['gone'] })).then(() => undefined, toFailure))?.message).toBe('the task ended well, but gone is not there');
    expect((await run(task({ outputs: ['../gone'] })).then(() => undefined, toFailure))?.class).toBe('usage');
  });

  test('names the content of its inputs, and no other file', async () => {
    writeTree(root, { 'a.txt': 'one', 'b.md': 'two' });
    const params = task({ inputs: ['*.txt'] });
    const inputs = () => kind.inputs(params, contextOf(params).context);
    const before = await inputs();
    expect(before.map(({ name }) => name)).toEqual(['file/a.txt']);
    writeFileSync(join(root, 'b.md'), 'three');
    expect(await inputs()).toEqual(before);
    writeFileSync(join(root, 'a.txt'), 'two');
    expect(await inputs()).not.toEqual(before);
  });

  test('is stale when its output is gone or edited, and always without inputs', async () => {
    writeTree(root, { 'a.txt': '', 'out.txt': 'made\n' });
    const digest = 'sha256:' + '0'.repeat(64);
    const output: NodeOutput = { dir: root, files: [{ path: 'out.txt', size: 5, digest }], data: null, digest };
    const params = task({ inputs: ['a.txt'], outputs: ['out.txt'] });
    const { context } = contextOf(params);
    expect(await kind.stale?.(params, output, context)).toBe('out.txt changed since');
    expect(await kind.stale?.(params, { ...output, files: [{ path: 'gone.txt', size: 5, digest }] }, context)).toBe('gone.txt is gone');
    expect(await kind.stale?.(params, { ...output, files: [] }, context)).toBeUndefined();
    expect(await kind.stale?.({ ...params, inputs: [] }, { ...output, files: [] }, context)).toBe('it names no inputs, so it runs every time');
  });
});
