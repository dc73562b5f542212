import { afterEach, beforeEach, expect, test } from 'vitest';
import { inTerminal } from '../support/terminal.js';
import { CliRig, CRPM } from './cli-rig.js';

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
  const tasks = ['compile-the-first-part', 'compile-the-second-part', 'compile-the-third-part', 'compile-the-fourth-part'];
  rig.write({
    'custom-rpms.config.yaml': ['kubevirt: false', 'basesystem: host', 'sources: {}', 'tasks:', ...tasks.map((name) => `  ${name}: { run: [sh, -c, "echo ${'something to be read '.repeat(6)}; exit 1"] }`), ''].join('\n'),
  });
});
afterEach(() => {
  rig.remove();
});

/** What a command prints at 80 columns, by row; the terminal itself breaks none. */
async function rowsOf(...argv: readonly string[]): Promise<readonly string[]> {
  const { printed } = await inTerminal({ argv: [process.execPath, CRPM, ...argv], cwd: rig.work, env: { ...rig.env, NO_COLOR: '1', CI: '1' } });
  return printed.split('\r\n');
}

test.each([
  ['a node that is none', ['run', 'no.such']],
  ['an option that has no such value', ['run', '--reporter', 'nonsense']],
  ['a config that is refused', ['plan', '-C', '..']],
  ['a plan', ['plan']],
  ['how the last run ended', ['status']],
  ['what is looked at', ['doctor']],
])('%s: no row is wider than 80 columns, but for a single word', async (_what, argv) => {
  const rows = await rowsOf(...argv);
  expect(rows.length).toBeGreaterThan(1);
  expect(rows.filter((row) => row.length > 80 && row.trim().includes(' '))).toEqual([]);
});

test('elsewhere a complaint stays one line', async () => {
  const { err } = await rig.crpm(['run', 'no.such']);
  expect(err.trimEnd()).toMatch(/^error: there is no node no\.such; .*compile-the-fourth-part.*$/);
});
