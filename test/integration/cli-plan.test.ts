import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig } from './cli-rig.js';

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
  rig.write({
    'custom-rpms.config.yaml': `kubevirt: false
basesystem: host
sources: {}
tasks:
  greet: { run: "tr a-z A-Z < name.txt > greeting.txt", inputs: [name.txt, "words/*"], outputs: [greeting.txt], env: { STYLE: plain } }
  print: { run: [cat, greeting.txt], needs: [greet], inputs: [other.txt] }
`,
    'name.txt': 'crpm',
    'other.txt': '',
  });
});
afterEach(() => {
  rig.remove();
});

const times = (text: string) => text.replace(/\d+\.\ds/g, 'T').replace(/ +$/gm, '');
const plan = async () => times((await rig.crpm(['plan'])).out);
const lines = async () => (await plan()).split('\n').slice(1, 3);

test('a first run, then all fresh, then each change by its name', async () => {
  expect(await plan()).toBe(`step  node        why
1     greet  run  first run
2     print  run  first run

2 of 2 to run; nodes under one number can run at the same time`);
  await rig.crpm(['run']);
  expect(await plan()).toBe(`step  node          why
1     greet  fresh  nothing it depends on changed (last time T)
2     print  fresh  nothing it depends on changed (last time T)

all fresh: nothing to do`);

  rig.write({ 'name.txt': 'other' });
  expect(await plan()).toBe(`step  node            why
1     greet  run      file/name.txt changed (last time T)
2     print  may run  greet will be made again (last time T)

1 of 2 to run, 1 may run; nodes under one number can run at the same time
expected: at most T of work, if each takes what it took the last time`);

  rig.write({ 'name.txt': 'crpm', ...Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`words/${index}`, ''])) });
  expect((await lines())[0]).toBe('1     greet  run      file/words/0 new, file/words/1 new, file/words/2 new, file/words/3 new, file/words/4 new and 2 more (last time T)');
  rmSync(join(rig.work, 'words'), { recursive: true });
  expect(await plan()).toContain('all fresh');

  rmSync(join(rig.work, 'greeting.txt'));
  expect((await lines())[0]).toBe('1     greet  run      greeting.txt is gone (last time T)');
});

test('explain shows one node whole, and leads to the need that is the cause', async () => {
  await rig.crpm(['run']);
  rig.write({ 'name.txt': 'other' });
  const { code, out } = await rig.crpm(['explain', 'print']);
  expect(code).toBe(0);
  expect(out).toMatch(/^print \(task\): run print\n\nnow +may run: it does if what it needs comes out different\nlast run +(?:just now|\d+ seconds? ago) \(\S+Z\) in \d+\.\ds, run \S+\nran because +first run\nmade +no files\n\nwhy\n {2}greet will be made again\n {2}→ crpm explain greet\n\nneeds\n {2}greet {2}run {2}file\/name\.txt changed\n\ninputs\n {2}\S/);
  const cause = await rig.crpm(['explain', 'greet']);
  expect(cause.out).toContain('\nnow          will run\n');
  expect(cause.out).toContain('\nmade         1 file\n\nwhy\n  file/name.txt changed\n\ninputs\n');
  expect(cause.out).toMatch(/\n {2}file\/name\.txt +[0-9a-f]{12}… +\(was [0-9a-f]{12}…\)$/);
  expect(await rig.crpm(['explain', 'nope'])).toEqual({ code: 2, out: '', err: 'error: there is no node nope; the nodes are: greet, print' });
});

test('the JSON of plan and explain is what crpm schema says', async () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  const parse = async (...argv: readonly string[]) => JSON.parse((await rig.crpm(argv)).out) as object;
  const [ofPlan, ofExplain] = [ajv.compile(await parse('schema', 'plan')), ajv.compile(await parse('schema', 'explain'))];
  const check = async () => {
    expect([ofPlan(await parse('plan', '--json')), ofPlan.errors]).toEqual([true, null]);
    for (const node of ['greet', 'print']) expect([ofExplain(await parse('explain', node, '--json')), ofExplain.errors]).toEqual([true, null]);
  };
  await check();
  await rig.crpm(['run']);
  await check();
  rig.write({ 'name.txt': 'other' });
  await check();
});

test('plan and explain load no engine, no scheduler’s queue and no face', async () => {
  await rig.crpm(['run']);
  rig.write({ 'name.txt': 'other' });
  for (const argv of [['plan'], ['explain', 'greet']]) {
    const { code, packages } = await rig.packagesOf(argv);
    expect(code).toBe(0);
    expect(packages).toContain('commander');
    for (const name of ['dockerode', 'docker-modem', 'execa', 'listr2', 'p-queue', 'sirv', 'ajv']) expect(packages).not.toContain(name);
  }
});
