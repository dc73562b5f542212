import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import schema from '../../schemas/event.schema.json' with { type: 'json' };
import { CliRig, CRPM, Puppet } from './cli-rig.js';

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
  rig.write({
    'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  good: { run: "echo hello" }\n  bad: { run: "echo \'a.c:3:1: error: no\'; exit 7" }\n  after: { run: ["true"], needs: [bad] }\n',
  });
});
afterEach(() => rig.remove());

/** A row of the Trace Event Format that Chrome and Perfetto document, as far as crpm uses it: what each kind of row must have, times in microseconds from 0. */
const rowOfTrace = new Ajv2020({ strict: true, strictRequired: false }).compile({
  type: 'object',
  required: ['name', 'ph', 'pid', 'tid'],
  properties: { name: { type: 'string', minLength: 1 }, pid: { type: 'integer' }, tid: { type: 'integer' }, ts: { type: 'number', minimum: 0 }, dur: { type: 'number', minimum: 0 }, cat: { type: 'string' } },
  oneOf: [
    { required: ['ts', 'dur'], properties: { ph: { const: 'X' } } },
    { required: ['ts'], properties: { ph: { const: 'B' } } },
    { required: ['ts', 's'], properties: { ph: { const: 'i' }, s: { enum: ['g', 'p', 't'] } } },
    { required: ['args'], properties: { ph: { const: 'M' }, name: { enum: ['process_name', 'thread_name'] } } },
  ],
});
const read = (file: string) => readFileSync(join(rig.work, file), 'utf8');

test('several faces of one run: one on stdout, the others in files, and later the same again from the record', async () => {
  const { code, out, err } = await rig.crpm(['run', '--keep-going', '--reporter', 'plain', '--reporter', 'ndjson=events.ndjson', '--reporter', 'junit=report.xml', '--reporter', 'trace=trace.json']);
  expect(code).toBe(1);
  expect(err).toBe('');
  expect(out).toContain('bad: failed');
  const events = read('events.ndjson').trimEnd().split('\n').map((line) => JSON.parse(line) as { type: string });
  const validate = new Ajv2020({ strict: true }).compile(schema);
  for (const event of events) expect([event, validate(event), validate.errors]).toEqual([event, true, null]);
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['run-started', 'node-started', 'node-line', 'node-finished', 'run-finished']));
  expect(read('report.xml')).toContain('<testsuite name="crpm" tests="3" failures="1" errors="0" skipped="1"');
  const { traceEvents } = JSON.parse(read('trace.json')) as { traceEvents: { name: string; ph: string }[] };
  expect(traceEvents.filter(({ ph }) => ph === 'X').map(({ name }) => name).sort()).toEqual(['bad', 'good']);
  for (const row of traceEvents) expect(rowOfTrace(row) || [row, rowOfTrace.errors]).toBe(true);

  const recorded = await rig.crpm(['events']);
  const lasting = events.filter(({ type }) => type !== 'node-line');
  expect(recorded.out.split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(lasting);
  expect((await rig.crpm(['events', 'latest', '--verbose'])).out).toContain('"text":"hello"');
  const again = await rig.crpm(['events', '--reporter', 'junit=again.xml', '--reporter', 'plain']);
  expect(again.out.trim()).toBe(out.trim());
  expect(read('again.xml')).toBe(read('report.xml'));
});

test('each face makes of the record what it made of the run', async () => {
  const files = ['plain', 'github', 'junit', 'trace', 'html'] as const;
  await rig.crpm(['run', '--keep-going', ...files.flatMap((face) => ['--reporter', `${face}=${face}.run`])]);
  await rig.crpm(['events', ...files.flatMap((face) => ['--reporter', `${face}=${face}.events`])]);
  for (const face of files) expect([face, read(`${face}.events`)]).toEqual([face, read(`${face}.run`)]);
  expect(read('github.run')).toContain('::error ');
  // Off a terminal live is plain, of the record too.
  expect((await rig.crpm(['events', '--reporter', 'live'])).out).toBe(read('plain.run').trimEnd());
});

test('html is a page: in the file that is named, else among the logs of the run, and the same again from the record', async () => {
  const { code, out, err } = await rig.crpm(['run', '--keep-going', '--reporter', 'plain', '--reporter', 'html', '--reporter', 'html=page.html']);
  expect(code).toBe(1);
  expect(out).toContain('bad: failed');
  const [, place = ''] = /^report: (.*\/report\.html)$/.exec(err) ?? [];
  const page = read(place);
  for (const text of ['<b>Next:</b>', 'a.c:3:1: error: no', 'it rests on bad, which failed', '<dt>command</dt><dd>crpm run</dd>']) expect(page).toContain(text);
  expect(page).toContain('script-src');
  expect(read('page.html')).toBe(page);
  expect((await rig.crpm(['report'])).out).toBe(place);
  expect(read(place)).toBe(page);
  expect(await rig.crpm(['report', 'none'])).toMatchObject({ code: 2, err: expect.stringContaining('there is no run none; the runs are: ') as unknown });
});

test('through one pipe that is read late all comes in the order in which it was told, whichever stream it goes to', async () => {
  const puppet = new Puppet(rig.root);
  const [, ...words] = JSON.parse(puppet.command(rig.root)) as readonly string[];
  rig.write({ 'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  chatty: { run: [sh, -c, ${JSON.stringify('echo $PPID > pid; seq 1 60000; exec "$0" "$@"')}, ${JSON.stringify(process.execPath)}, ${words.map((word) => JSON.stringify(word)).join(', ')}] }\n` });
  const script = '"$0" "$1" run --verbose --reporter plain --reporter html --reporter html=page.html 2>&1 | { until [ -e go ]; do sleep 0.1; done; cat; }';
  const run = execa('sh', ['-c', script, process.execPath, CRPM], { cwd: rig.work, env: rig.env, extendEnv: false });
  await puppet.started();
  await expect.poll(async () => (await rig.crpm(['logs', 'chatty'])).out, { timeout: 20_000 }).toContain('puppet is up');
  process.kill(Number(read('pid')), 'SIGINT');
  await expect.poll(() => existsSync(join(rig.work, 'page.html')) && read('page.html'), { timeout: 20_000 }).toContain('</html>');
  rig.write({ go: '' });
  const { stdout } = await run;
  puppet.close();
  const at = ['chatty | 60000', 'stopping (SIGINT)', 'chatty: cancelled', '1 node: 1 cancelled', 'report: '].map((text) => stdout.indexOf(text));
  expect(at).toEqual([...at].sort((one, other) => one - other));
  expect(at).not.toContain(-1);
});

test('the report is shown by whatever shows pages here; where nothing does, its path is told all the same', async () => {
  await rig.crpm(['run', 'good']);
  const bin = join(rig.root, 'bin');
  mkdirSync(bin);
  const shown = join(rig.root, 'shown');
  writeFileSync(join(bin, 'gio'), `#!/bin/sh\necho "$*" > ${shown}\n`, { mode: 0o755 });
  const { code, out } = await rig.crpm(['report', '--open'], { env: { PATH: bin } });
  expect(code).toBe(0);
  await expect.poll(() => existsSync(shown) && readFileSync(shown, 'utf8')).toMatch(/^open file:\/\/.*\n$/);
  const [, address = ''] = readFileSync(shown, 'utf8').trim().split(' ');
  expect(readFileSync(fileURLToPath(address), 'utf8')).toBe(read(out));
  const none = await rig.crpm(['report', '--open'], { env: { PATH: join(rig.root, 'nothing') } });
  expect([none.code, none.out]).toEqual([3, out]);
  expect(none.err).toContain('no browser was found that could show file://');
  // One that is there and finds no browser is no better than none.
  writeFileSync(join(bin, 'xdg-open'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  rmSync(shown);
  expect((await rig.crpm(['report', '--open'], { env: { PATH: bin } })).code).toBe(0);
  expect(existsSync(shown)).toBe(true);
  rmSync(join(bin, 'gio'));
  const gaveUp = await rig.crpm(['report', '--open'], { env: { PATH: bin } });
  expect([gaveUp.code, gaveUp.err]).toEqual([3, expect.stringMatching(/no browser was found that could show file:\/\/\S+: xdg-open ended with 3\n {2}next: The page is written, and is one file that needs nothing else: open it yourself, or copy it to where a browser is\.$/)]);
});

test('the graph is a picture with how each node fared', async () => {
  await rig.crpm(['run', '--keep-going']);
  const { out: svg } = await rig.crpm(['graph', '--format', 'svg']);
  expect(svg).toMatch(/^<svg class="picture" xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect([...svg.matchAll(/class="node is-([\w-]+)" data-node="(\w+)"/g)].map(([, state, node]) => [node, state])).toEqual([['good', 'ran'], ['bad', 'failed'], ['after', 'not-run']]);
  const { out: page } = await rig.crpm(['graph', '--format', 'html']);
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).toContain('<a href="#node-bad">');
});

test('on GitHub an error of a compiler points into the checkout', async () => {
  const { out } = await rig.crpm(['run', '--reporter', 'github'], { env: { GITHUB_WORKSPACE: rig.work } });
  expect(out).toContain('\n::error file=a.c,line=3,col=1,title=bad::no\n');
  expect(out).toMatch(/\n::error title=bad failed::the task bad ended with exit code 7/);
});

test('runs lists what is on record, the last run first', async () => {
  expect((await rig.crpm(['runs'])).out).toBe('no run is on record: crpm run makes one');
  await rig.crpm(['run', 'good']);
  await rig.crpm(['run', '--keep-going']);
  const { out } = await rig.crpm(['runs']);
  expect(out.split('\n')).toEqual([expect.stringMatching(/^run +began +took +exit +did$/), expect.stringMatching(/ 1 +failed bad; ran good$/), expect.stringMatching(/ 0 +ran good$/)]);
  const { runs } = JSON.parse((await rig.crpm(['runs', '--json'])).out) as { runs: { finished: { exitCode: number }; nodes: { 'not-run': string[] } }[] };
  expect(runs.map(({ finished, nodes }) => [finished.exitCode, nodes['not-run']])).toEqual([[1, ['after']], [0, []]]);
});

test.each([
  [['--reporter', 'junit', '--reporter', 'trace'], '--reporter junit and --reporter trace would both write to stdout: send one to a file, as in trace=FILE'],
  [['--json', '--reporter', 'plain'], '--reporter ndjson and --reporter plain would both write to stdout: send one to a file, as in plain=FILE'],
  [['--reporter', 'html5'], '--reporter html5: there is no "html5"; there are: live, plain, ndjson, github, junit, trace, html'],
  [['--reporter', 'junit='], '--reporter junit=: the file after = is missing'],
  [['--reporter', 'live=x'], '--reporter live=x: the live view is for a terminal; plain=x has the same in lines'],
  [['--reporter', 'junit=no/such/report.xml'], "ENOENT: no such file or directory, open '"],
])('%j is refused before anything starts', async (options, message) => {
  const { code, err } = await rig.crpm(['run', ...options]);
  expect(err).toContain(message);
  expect(code).toBe(2);
  expect(existsSync(join(rig.work, '.crpm'))).toBe(false);
});
