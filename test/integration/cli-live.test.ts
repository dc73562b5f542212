import { afterEach, beforeEach, expect, test } from 'vitest';
import { inTerminal } from '../support/terminal.js';
import { CliRig, CRPM, Puppet } from './cli-rig.js';

let rig: CliRig;
let puppet: Puppet;
beforeEach(() => {
  rig = new CliRig();
  puppet = new Puppet(rig.root);
  rig.write({ 'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  play: { run: ${puppet.command(rig.root)} }\n` });
});
afterEach(() => {
  puppet.close();
  rig.remove();
});

/** crpm in a terminal, and after it what the terminal is like. */
const run = (dialogue: readonly (readonly [string, string])[]) =>
  inTerminal({ argv: ['sh', '-c', 'trap : INT; "$0" "$1" run; echo "code $?"; stty -a', process.execPath, CRPM], cwd: rig.work, env: { ...rig.env, NO_COLOR: '1' }, dialogue });

test('keys open the log of a node and close it; Ctrl-C is the terminal’s own, and the terminal is as it was', async () => {
  const started = puppet.started();
  const end = await run([
    ['choose · l log', 'l'],
    ['Esc back', '\u001b'],
    ['choose · l log', '\u001b[B'],
    ['▸ play', '\u0003'],
  ]);
  expect(end.unsaid).toEqual([]);
  const { printed } = end;
  const log = printed.slice(Math.max(0, printed.indexOf('Esc back') - 300), printed.indexOf('Esc back'));
  expect(log).toContain('puppet is up');
  expect(printed).toMatch(/play +cancelled/);
  expect(printed).toContain('code 130');
  expect(printed).toMatch(/[^-]icanon/);
  expect(printed).toMatch(/ echo /);
  expect(printed.lastIndexOf('\u001b[?25h')).toBeGreaterThan(printed.lastIndexOf('\u001b[?25l'));
  await (await started).gone;
});
