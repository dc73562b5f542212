import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { become } from '../support/process-state.js';
import { Tmux } from '../support/tmux.js';
import { CliRig, CRPM, Puppet } from './cli-rig.js';

/** What a row of the view may begin with: a node's mark, what it said last, a count. */
const ROW = /^(?:[✔✖↓◼⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] (?:▸ )?\S|  › |… and \d+ more waiting|\d+ of \d+ done, )/;
/** Whether the terminal waits for whole lines, and echoes. */
const LOOK = 'stty -a | tr " " "\\n" | grep -x -e "-*icanon;*" -e "-*echo"; echo asked';
const LAST = /^\d+ of \d+ done, /;

let rig: CliRig;
let puppet: Puppet;
let terminal: Tmux | undefined;
beforeEach(() => {
  rig = new CliRig();
  puppet = new Puppet(rig.root);
});
afterEach(() => {
  terminal?.end();
  terminal = undefined;
  puppet.close();
  rig.remove();
});

interface Task {
  /** Lines that it writes before the test ends it. */
  readonly says?: readonly string[];
  readonly needs?: readonly string[];
  /** What its shell does first. */
  readonly first?: string;
  /** Does not end when it is asked to. */
  readonly stubborn?: boolean;
}

function open(tasks: Readonly<Record<string, Task>>, size: { readonly rows: number; readonly columns: number }): Tmux {
  const blocks = Object.entries(tasks).map(([id, { says = ['it is up'], needs = [], first = ':', stubborn }]) => {
    rig.write({ [`${id}.txt`]: says.map((line) => `${line}\n`).join('') });
    const shell = `${first}; ` + (stubborn ? `cat ${id}.txt; exec "$@" >/dev/null` : `"$@" >/dev/null & cat ${id}.txt; wait $!`);
    return `  ${id}:\n    needs: [${needs.join(', ')}]\n    run: ["sh", "-c", ${JSON.stringify(shell)}, "sh", ${puppet.command(rig.root, ...(stubborn ? ['--stubborn'] : [])).slice(1)}\n`;
  });
  rig.write({ 'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n${blocks.join('')}`, crpm: `#!/bin/sh\nexec ${process.execPath} ${CRPM} "$@"\n` });
  terminal = new Tmux({ cwd: rig.work, env: { ...rig.env, NO_COLOR: '1' }, ...size });
  terminal.type('for line in 1 2 3; do echo above $line; done');
  terminal.press('Enter');
  return terminal;
}

function run(at: Tmux, options = ''): void {
  at.type(`sh crpm run ${options}; echo code $?`);
  at.press('Enter');
}

/** Rows of nothing but the view, drawn once. */
function whole(rows: readonly string[]): boolean {
  return rows.every((row) => ROW.test(row)) && rows.filter((row) => LAST.test(row)).length === 1 && LAST.test(rows.at(-1) ?? '');
}

/** Three tasks that run, and those that wait for the first of them. */
const CROWD: Readonly<Record<string, Task>> = Object.fromEntries([
  ...['first', 'second', 'third'].map((id) => [id, { says: [`${id} says something that is rather long for a terminal, longer than it is wide, and so it is cut`] }] as const),
  ...Array.from({ length: 20 }, (_, index) => [`waiting-${String(index)}`, { needs: ['first'] }] as const),
]);

test('a terminal that becomes smaller and larger in mid-run has the view whole each time, and afterwards what was there before, and the summary', async () => {
  const at = open(CROWD, { rows: 24, columns: 80 });
  run(at, '--jobs 3');
  const tasks = [await puppet.started(), await puppet.started(), await puppet.started()];
  const begun = await at.becomes((rows) => whole(rows) && rows.some((row) => row.includes('third says')), 'three that run');
  expect(begun).toHaveLength(24);
  expect(begun).toContain('… and 4 more waiting');
  for (const [rows, columns] of [[24, 40], [12, 60], [6, 25], [50, 200], [24, 30], [30, 100]] as const) {
    at.resize(rows, columns);
    const waiting = (all: readonly string[]) => all.some((row) => /^… and \d+ more waiting/.test(row));
    await at.becomes((all) => whole(all) && all.length === Math.min(rows, 27) && all.every((row) => row.length < columns) && waiting(all) === rows < 27, `the view on ${String(rows)} rows of ${String(columns)} columns`);
  }
  for (const task of tasks) task.end(1);
  await at.shows(/^code 1$/);
  const rows = at.rows({ history: true });
  expect(rows.filter((row) => /^above \d$/.test(row))).toEqual(['above 1', 'above 2', 'above 3']);
  expect(rows.filter((row) => ROW.test(row))).toEqual([]);
  const after = rows.findIndex((row) => row.includes('sh crpm run'));
  expect(rows.slice(after + 1, after + 3)).toEqual(['node        outcome      time', expect.stringMatching(/^first {7}failed/)]);
  expect(at.cursor).toBe(true);
});

test('whatever nodes write, it stays in their rows', async () => {
  const nasty = {
    clear: ['one\u001b[2Jtwo\u001b[H\u001b[?1049l\u001b[?1049hthree\u001b]0;title\u0007'],
    progress: ['10%\r20%\r30%'],
    long: ['x'.repeat(70_000)],
    wide: ['汉字'.repeat(500)],
    pictures: ['👩‍👩‍👧‍👦🇩🇪🏳️‍🌈✈️'.repeat(60)],
    combined: ['e\u0301a\u030a\u0327'.repeat(300)],
    backwards: ['abc שלום \u202eevil\u202c'],
    controls: ['a\tb\u0000c\u0008\u0008d\u000b\u000ce\u009b2J'],
  };
  const ids = Object.keys(nasty);
  const at = open(Object.fromEntries(Object.entries(nasty).map(([id, says]) => [id, { says }])), { rows: 24, columns: 80 });
  run(at, `--jobs ${String(ids.length)}`);
  await Promise.all(ids.map(() => puppet.started()));
  const rows = await at.becomes((all) => whole(all) && all.filter((row) => row.startsWith('  › ')).length === ids.length, 'what all of them said');
  for (const [index, id] of ids.entries()) expect([rows[2 * index], rows[2 * index + 1]]).toEqual([expect.stringMatching(new RegExp(`^\\S ${id}  `)), expect.stringMatching(/^ {2}› /)]);
  at.press('Down', 'Up', 'Up', 'Up', 'Up', 'Up', 'Up', 'Up', 'Up', 'l');
  const log = await at.shows(/^onetwothree$/);
  expect(log[0]).toMatch(/^clear {2}/);
  at.press('Right', 'Right', 'Right');
  await at.shows(/^(?:汉字)+汉?…$/);
  at.resize(10, 30);
  const narrow = await at.becomes((all) => /^(?:汉字){6,}汉?…$/.test(all[1] ?? ''), 'the log, narrower');
  expect([narrow[0], narrow.length]).toEqual([expect.stringMatching(/^wide {2}/), 3]);
  at.press('w');
  await at.becomes((all) => all.length === 10 && all.slice(1, -1).every((row) => /^(?:汉字){1,7}$/.test(row)), 'the log, folded');
  at.press('C-c');
  await at.shows(/^code 130$/);
});

test('a log opens, is scrolled, keeps its place when the terminal changes its size, and closes', async () => {
  const at = open({ build: { says: Array.from({ length: 200 }, (_, index) => `line ${String(index + 1)}`) } }, { rows: 24, columns: 80 });
  run(at);
  const task = await puppet.started();
  await at.shows(/› line 200/);
  at.press('l');
  await at.becomes((rows) => rows.length === 24 && rows[22] === 'line 200' && rows[1] === 'line 179', 'the end of the log');
  at.press('PPage');
  await at.becomes((rows) => / {2}lines 157–178 of 200$/.test(rows[0] ?? '') && rows[1] === 'line 157' && rows[22] === 'line 178', 'a page higher');
  at.resize(12, 60);
  await at.becomes((rows) => rows.length === 12 && rows[1] === 'line 157' && rows[10] === 'line 166', 'the same place on a smaller terminal');
  at.press('Home', 'Down');
  await at.becomes((rows) => rows[1] === 'line 2', 'the beginning');
  at.press('End');
  await at.becomes((rows) => rows[10] === 'line 200', 'the end again');
  at.press('Escape');
  await at.shows(/^\S ▸ build/);
  task.end(0);
  await at.shows(/^code 0$/);
});

test('under a program that waits for it, as npx does, Ctrl-Z gives the terminal back before the shell has it', async () => {
  const at = open({ build: {} }, { rows: 12, columns: 60 });
  at.type("sh -c 'sh crpm run; true'");
  at.press('Enter');
  const task = await puppet.started();
  await at.shows(/› it is up/);
  at.press('C-z');
  const stopped = await at.becomes((rows) => /Stopped/.test(rows.at(-2) ?? '') && /[$#]$/.test(rows.at(-1) ?? ''), 'the prompt');
  expect(stopped).toContain('above 3');
  expect(at.cursor).toBe(true);
  at.type('fg');
  at.press('Enter');
  await at.becomes((rows) => whole(rows) && rows.length === 3, 'the view again');
  task.end(0);
  await at.shows(/^1 node: 1 ran; /);
});

test('Ctrl-Z gives the terminal back as it was, fg takes it again in its new size, and in the background nothing is drawn', async () => {
  const at = open({ build: {} }, { rows: 24, columns: 80 });
  at.type('sh crpm run');
  at.press('Enter');
  const task = await puppet.started();
  await at.shows(/› it is up/);
  at.press('C-z');
  await at.shows(/Stopped/);
  at.type(LOOK);
  at.press('Enter');
  const stopped = await at.shows(/^asked$/);
  expect(stopped.slice(-4, -1)).toEqual(['icanon', 'echo', 'asked']);
  expect(stopped.slice(-6).some((row) => row.includes('stty -a'))).toBe(true);
  expect(stopped.filter((row) => ROW.test(row))).toEqual([]);
  expect(at.cursor).toBe(true);

  at.resize(12, 50);
  at.type('fg');
  at.press('Enter');
  await at.becomes((rows) => whole(rows) && rows.length === 3, 'the view again');
  expect(at.cursor).toBe(false);
  at.press('l');
  await at.shows(/^it is up$/);

  at.press('C-z');
  await at.shows(/Stopped/);
  at.type('bg');
  at.press('Enter');
  at.type('echo in front');
  at.press('Enter');
  const rows = await at.shows(/^in front$/);
  expect(rows.filter((row) => ROW.test(row))).toEqual([]);
  task.end(0);
  const ended = await at.shows(/^1 node: 1 ran; /);
  expect(ended).toContain('in front');
  expect(ended.filter((row) => ROW.test(row))).toEqual([]);
});

test('what runs stops with crpm at Ctrl-Z, goes on with it, and is not left behind when the stopped job is killed', async () => {
  const at = open({ build: { first: 'echo $$ > pid' } }, { rows: 24, columns: 80 });
  at.type('sh crpm run');
  at.press('Enter');
  const task = await puppet.started();
  await at.shows(/› it is up/);
  const pids = [Number(readFileSync(join(rig.work, 'pid'), 'utf8'))];
  at.press('C-z');
  await at.shows(/Stopped/);
  await become(pids, 'stopped');
  at.type('fg');
  at.press('Enter');
  await become(pids, 'running');
  await at.becomes((rows) => whole(rows) && rows.length === 3, 'the view again');
  at.press('C-z');
  await become(pids, 'stopped');
  await at.becomes((rows) => rows.filter((row) => /Stopped/.test(row)).length === 2, 'the prompt');
  at.type('kill %1');
  at.press('Enter');
  await task.gone;
  await become(pids, 'gone');
  await at.shows(/^1 node: 1 cancelled; /);
});

test('a crpm that is killed while it has the terminal leaves that as it was', async () => {
  const at = open({ build: { first: 'echo $PPID > pid' } }, { rows: 24, columns: 80 });
  run(at);
  const task = await puppet.started();
  await at.shows(/› it is up/);
  expect(at.cursor).toBe(false);
  process.kill(Number(readFileSync(join(rig.work, 'pid'), 'utf8')), 'SIGKILL');
  await at.becomes((rows) => rows.includes('above 3') && at.cursor, 'what was there before');
  at.press('Enter');
  at.type(LOOK);
  at.press('Enter');
  const rows = await at.shows(/^asked$/);
  expect(rows.slice(-4, -1)).toEqual(['icanon', 'echo', 'asked']);
  expect(rows.filter((row) => ROW.test(row))).toEqual([]);
  task.end(0);
});

test('Ctrl-C shows at once in the view that it was heard, and what it said stands above the summary', async () => {
  const at = open({ build: { stubborn: true } }, { rows: 20, columns: 60 });
  run(at);
  await puppet.started();
  await at.shows(/› it is up/);
  at.press('C-c');
  const rows = await at.shows(/^stopping \(SIGINT\); once more kills/);
  expect(rows.map((row) => row.slice(0, 8))).toEqual([expect.stringMatching(/^\S build/), '  › it i', 'stopping', '0 of 1 d']);
  // Two within a quarter of a second count as one.
  const seconds = (all: readonly string[]) => Number(/(\d+)s/.exec(all.at(-1) ?? '')?.[1]);
  await at.becomes((all) => seconds(all) > seconds(rows) + 1, 'two seconds later');
  at.press('C-c');
  const ended = await at.shows(/^code 130$/);
  expect(ended.findIndex((row) => row.startsWith('stopping'))).toBeLessThan(ended.findIndex((row) => row.startsWith('node ')));
  expect(ended).toContain('killing');
  expect(at.cursor).toBe(true);
});

test('after a signal to go on that stopped nothing, the terminal is given back as it was before: between the rounds of watch it echoes', async () => {
  const at = open({ one: {}, two: { needs: ['one'], first: 'kill -CONT $PPID' } }, { rows: 12, columns: 60 });
  at.type('sh crpm watch');
  at.press('Enter');
  const one = await puppet.started();
  await at.shows(/› it is up/);
  one.end(0);
  const two = await puppet.started();
  await at.becomes((rows) => whole(rows) && rows.length === 4, 'the view');
  at.press('l');
  await at.shows(/^it is up$/);
  two.end(0);
  await at.shows(/Ctrl-C ends$/);
  at.type('seen');
  await at.shows(/^seen$/);
  at.press('C-c');
  await at.shows(/^ended$/);
});

test('a run that is started in the background draws nothing until it comes to the front', async () => {
  const at = open({ build: {} }, { rows: 12, columns: 60 });
  at.type('sh crpm run &');
  at.press('Enter');
  const task = await puppet.started();
  at.type('echo in front');
  at.press('Enter');
  await at.shows(/^in front$/);
  at.type('fg');
  at.press('Enter');
  await at.becomes((rows) => whole(rows) && rows.length === 3, 'the view');
  at.press('C-\\');
  await at.shows(/Quit/);
  expect(at.cursor).toBe(true);
  expect(at.rows()).toContain('in front');
  task.end(0);
});

test('help is as long as there is room for it, and what is typed is not echoed into the view', async () => {
  const at = open({ build: {} }, { rows: 12, columns: 40 });
  run(at);
  const task = await puppet.started();
  await at.shows(/^0 of 1 done, \d+s +l log$/);
  at.resize(12, 50);
  await at.shows(/^0 of 1 done, \d+s +↑↓ choose · l log · Ctrl-C stop$/);
  at.resize(12, 20);
  await at.shows(/^0 of 1 done, \d+s$/);
  at.type('xyz');
  at.press('j');
  const rows = await at.shows(/^\S ▸ build/);
  expect(rows.join()).not.toContain('xyz');
  task.end(0);
  await at.shows(/^code 0$/);
});

test('where nothing can be typed the view is drawn all the same, without help', async () => {
  const at = open({ build: {} }, { rows: 12, columns: 80 });
  run(at, '</dev/null');
  const task = await puppet.started();
  const [, , last = ''] = await at.becomes((rows) => whole(rows) && rows.length === 3, 'the view');
  expect(last).toMatch(/^0 of 1 done, \d+s$/);
  task.end(0);
  await at.shows(/^code 0$/);
});
