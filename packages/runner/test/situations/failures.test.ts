import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError } from '@crpm/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { readHistory } from '../../src/index.js';
import { outcomes, Rig } from '../rig.js';
import { ALL, built, graph } from './project.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('failures', () => {
  const broken = new FailureError({ class: 'build', message: 'ninja ended with 1' });

  test('stop what was not started; what was, ends and counts', async () => {
    rig.failing.set('a.source', broken);
    const summary = await rig.run(graph, { jobs: 1 });
    expect(outcomes(summary)).toEqual({ base: 'ran', 'a.source': 'failed', 'a.build': 'not-run', 'b.source': 'not-run', 'b.build': 'not-run', repo: 'not-run', serve: 'not-run' });
    expect(summary.exitCode).toBe(1);
    rig.failing.clear();
    expect(await rig.runs(graph)).toEqual(ALL.filter((id) => id !== 'base'));
  });

  test('--keep-going runs all that does not need what failed', async () => {
    rig.failing.set('a.source', broken);
    const summary = await rig.run(graph, { jobs: 1, keepGoing: true });
    expect(outcomes(summary)).toEqual({ base: 'ran', 'a.source': 'failed', 'a.build': 'not-run', 'b.source': 'ran', 'b.build': 'ran', repo: 'not-run', serve: 'not-run' });
    expect(summary.exitCode).toBe(1);
  });

  test.each([
    ['usage', 2], ['environment', 3], ['locked', 4], ['build', 1], ['proof', 1], ['oom', 1], ['source', 1], ['bug', 5],
  ] as const)('class %s ends the run with %i', async (failureClass, exitCode) => {
    rig.failing.set('base', new FailureError({ class: failureClass, message: 'because' }));
    expect(await rig.run(graph)).toMatchObject({ exitCode });
  });

  test('a thrown error is a bug, with its stack', async () => {
    rig.failing.set('base', new TypeError('undefined is not a function'));
    const summary = await rig.run(graph);
    expect(summary.exitCode).toBe(5);
    expect(summary.nodes.get('base')?.failure).toMatchObject({ class: 'bug', message: 'internal error: undefined is not a function' });
  });

  test('tell the last lines of output, and where the log is', async () => {
    rig.during = ({ report }) => {
      for (let line = 1; line <= 100; line++) report.line(`line ${String(line)}`);
    };
    rig.failing.set('base', broken);
    const summary = await rig.run(graph);
    const { failure, log = '' } = summary.nodes.get('base') ?? {};
    expect(failure?.lines).toHaveLength(10);
    expect(failure?.lines?.at(-1)).toBe('line 100');
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(101);
  });

  test('leave no result and no temporary folder', async () => {
    rig.during = ({ out }) => { writeFileSync(join(out, 'half'), 'half'); };
    rig.failing.set('base', broken);
    await rig.run(graph, { selection: { targets: ['base'] } });
    expect(readdirSync(join(rig.workspace.state, 'tmp'))).toEqual([]);
    expect(existsSync(join(rig.workspace.state, 'results'))).toBe(false);
  });

  test('keep the last good result', async () => {
    await built(rig);
    const before = readHistory(rig.workspace).get('base');
    rig.inputs.set('base', 'edited');
    rig.failing.set('base', broken);
    await rig.run(graph);
    expect(readHistory(rig.workspace).get('base')).toEqual(before);
    rig.inputs.delete('base');
    rig.failing.clear();
    expect(await rig.runs(graph)).toEqual([]);
  });

  test('inputs that can not be read fail the node before it starts', async () => {
    const kinds = new Map([...rig.kinds].map(([name, kind]) => [name, { ...kind, inputs: () => Promise.reject(new FailureError({ class: 'usage', message: 'the tree ../a is not there' })) }]));
    const summary = await rig.run(graph, { kinds });
    expect(rig.ran).toEqual([]);
    expect(summary.exitCode).toBe(2);
    expect(summary.nodes.get('base')?.failure?.message).toBe('the tree ../a is not there');
  });

  test('a link among the outputs fails the node', async () => {
    rig.during = ({ out }) => { symlinkSync('/etc/passwd', join(out, 'link')); };
    const summary = await rig.run(graph, { selection: { targets: ['base'] } });
    expect(summary.nodes.get('base')?.failure?.message).toBe('the result holds link, which is no regular file');
  });
});
