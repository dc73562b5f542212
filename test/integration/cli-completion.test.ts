import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Tmux } from '../support/tmux.js';
import { CliRig, CRPM } from './cli-rig.js';

let rig: CliRig;
let terminal: Tmux | undefined;
beforeEach(() => {
  rig = new CliRig();
  rig.write({ 'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  greet: { run: ["true"] }\n  green: { run: ["true"] }\n' });
});
afterEach(() => {
  terminal?.end();
  terminal = undefined;
  rig.remove();
});

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

/** How a shell is begun, without the user's own settings, and how it is told of the completion. */
interface Loaded {
  readonly shell: string;
  readonly begin: string;
  readonly load: string;
}

const SHELLS: readonly Loaded[] = [
  { shell: 'bash', begin: 'bash --norc --noprofile', load: 'bind "set show-all-if-ambiguous on" && source <(crpm completion bash)' },
  { shell: 'zsh', begin: 'zsh -f', load: 'autoload -Uz compinit && compinit -D && source <(crpm completion zsh)' },
  { shell: 'zsh', begin: 'zsh -f', load: 'crpm completion zsh > _crpm && fpath=($PWD $fpath) && autoload -Uz compinit && compinit -u -D' },
  { shell: 'fish', begin: 'fish --no-config', load: 'crpm completion fish | source' },
];
const missing = SHELLS.map(({ shell }) => shell).filter((shell, at, all) => all.indexOf(shell) === at && spawnSync(shell, ['--version']).error);
if (missing.length > 0) console.warn(`SKIPPED: completion in ${missing.join(', ')}: not on PATH`);

/** Begins a shell in which `crpm` is a program of that folder, for completions to be tried in. */
async function begun({ begin, load }: Loaded, folder: string, PATH: string) {
  rig.write({ [`${folder}/crpm`]: `#!/bin/sh\nexec ${process.execPath} ${CRPM} "$@"\n`, 'notes.txt': '' });
  chmodSync(join(rig.work, folder, 'crpm'), 0o755);
  terminal = new Tmux({ cwd: rig.work, env: { ...rig.env, PATH }, rows: 24, columns: 100 });
  const screen = terminal;
  const line = (text: string) => {
    screen.type(text);
    screen.press('Enter');
  };
  line(`exec ${begin}`);
  line(`${load} && echo load''ed`);
  await screen.shows(/^loaded$/);
  return async (typed: string, row: RegExp) => {
    screen.type(typed);
    screen.press('Tab');
    await screen.shows(row);
    screen.press('C-u', 'C-l');
  };
}

const here = SHELLS.filter(({ shell }) => !missing.includes(shell));

test.each(here)('$begin itself completes with it, by the Tab key: $load', async (loaded) => {
  const completes = await begun(loaded, '../bin', `${rig.root}/bin:${process.env['PATH'] ?? ''}`);
  await completes('crpm run gree', /^greet +green|^green +greet/);
  await completes('crpm expl', /crpm explain\b/);
  await completes('crpm logs greet --ru', /crpm logs greet --run\b/);
  // A word with = in it, and one that is finished.
  await completes('crpm run --profile=f', /crpm run --profile=full\b/);
  // Where crpm has nothing to offer, names of files.
  await completes('crpm --config no', /crpm --config notes\.txt\b/);
});

test.each(here)('$begin completes behind npx a crpm that only npx starts, and nothing else of npx: $load', async ({ load, ...loaded }) => {
  rig.write({ 'package.json': '{}' });
  const completes = await begun({ ...loaded, load: load.replace('crpm completion', 'npx --no crpm completion') }, 'node_modules/.bin', process.env['PATH'] ?? '');
  await completes('npx crpm run gree', /^greet +green|^green +greet/);
  await completes('npx crpm expl', /npx crpm explain\b/);
  await completes('npx cat not', /npx cat notes\.txt\b/);
});
