import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig, CRPM } from './cli-rig.js';

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
  rig.write({ 'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  greet: { run: ["true"] }\n  green: { run: ["true"] }\n' });
});
afterEach(() => rig.remove());

test('what fits is printed one a line, ids of the nodes of the config at hand among it', async () => {
  expect((await rig.crpm(['complete', '--', 'run', 'gree'])).out).toBe('greet\ngreen');
  expect((await rig.crpm(['complete', '--', 'run', '--dry'])).out).toBe('--dry-run');
  expect((await rig.crpm(['complete', '--', '-C', rig.work, 'explain', 'g'], { cwd: rig.root })).out).toBe('greet\ngreen');
});

test('a config that is wrong or not there takes no word away, and nobody is told in the middle of a line', async () => {
  rig.write({ 'custom-rpms.config.yaml': 'nonsense: [' });
  expect(await rig.crpm(['complete', '--', 'run', 'g'])).toEqual({ code: 0, out: '', err: '' });
  expect((await rig.crpm(['complete', '--', 'watc'])).out).toBe('watch');
});

test('Bash itself completes with it, words with = too', async () => {
  writeFileSync(join(rig.root, 'crpm'), `#!/bin/sh\nexec ${process.execPath} ${CRPM} "$@"\n`, { mode: 0o755 });
  const complete = async (line: string) => {
    const words = line.split(/([ =:])/).filter((word) => word !== ' ' && word !== '');
    if (line.endsWith(' ')) words.push('');
    const script = `source <(crpm completion bash); COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _crpm; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await execa('bash', ['-c', script, 'bash', line, ...words], { cwd: rig.work, env: { ...rig.env, PATH: `${rig.root}:${process.env['PATH'] ?? ''}` }, extendEnv: false });
    return stdout.split('\n');
  };
  expect(await complete('crpm run gre')).toEqual(['greet', 'green']);
  expect(await complete('crpm run --profile=')).toEqual(['dev', 'full']);
  expect(await complete('crpm run --profile=f')).toEqual(['full']);
  expect(await complete('crpm expl')).toEqual(['explain']);
});
