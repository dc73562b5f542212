import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { land } from '../../src/kubevirt/landing.js';
import { formatRevert, plannedRevert, revert, type RevertResult } from '../../src/kubevirt/revert.js';
import { treeState, type TreeState } from '../../src/kubevirt/tree-state.js';
import { nextUndo, readUndo } from '../../src/kubevirt/undo.js';
import { readYielded, type Yielded } from '../../src/kubevirt/yielded-files.js';
import { temporaryFolder } from '../serve/support/temporary.js';

const rpm = (name: string, url = `http://x/${name}`) => `rpm(\n    name = "${name}",\n    sha256 = "${'a'.repeat(64)}",\n    urls = ["${url}"],\n)\n`;
const tree = (name: string, ...rpms: string[]) => `rpmtree(\n    name = "${name}",\n    rpms = [\n${rpms.map((item) => `        "@${item}//rpm",\n`).join('')}    ],\n)\n`;
const workspaceOf = (...rules: string[]) => `load("x")\n\n${rules.join('\n')}`;

const ORIGINAL: Yielded = {
  WORKSPACE: workspaceOf(rpm('bash'), rpm('qemu-1'), rpm('virt-1')),
  'rpm/BUILD.bazel': `${tree('handler_cs9', 'bash', 'qemu-1')}\n${tree('launcher_cs9', 'bash', 'qemu-1', 'virt-1')}`,
};
/** What a run writes whose build has this number. */
const build = (number: number): Yielded => ({
  WORKSPACE: workspaceOf(rpm('bash'), rpm(`qemu-1.crpm${number}`), rpm(`virt-1.crpm${number}`)),
  'rpm/BUILD.bazel': `${tree('handler_cs9', 'bash', `qemu-1.crpm${number}`)}\n${tree('launcher_cs9', 'bash', `qemu-1.crpm${number}`, `virt-1.crpm${number}`)}`,
});
const NOTHING: RevertResult = { restored: [], kept: [], needed: [] };

let state: TreeState;
let undo: () => Promise<RevertResult>;
let plan: () => RevertResult;

beforeEach(() => {
  const root = temporaryFolder('undo');
  mkdirSync(join(root, 'kubevirt/rpm'), { recursive: true });
  mkdirSync(join(root, 'state/w'), { recursive: true });
  const workspace = { id: 'w', state: join(root, 'state/w'), cache: root };
  const config = { kubevirt: { dir: join(root, 'kubevirt') } };
  state = treeState(workspace, config.kubevirt.dir);
  undo = () => revert({ config, workspace });
  plan = () => plannedRevert({ config, workspace });
  write(ORIGINAL);
});

function write(files: Partial<Yielded>): void {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(state.dir, path), text);
}

/** Somebody edits one of the files by hand. */
function edit(path: keyof Yielded, from: string, to: string): void {
  const text = readYielded(state.dir)[path];
  expect(text).toContain(from);
  write({ [path]: text.replace(from, to) });
}

/** What a run does at its end. */
function run(after: Yielded): void {
  const current = readYielded(state.dir);
  expect(land(state, current, after, nextUndo(readUndo(state.undo), current, after))).toBe(true);
}

/** Rules of ours that a label names and WORKSPACE lacks. */
function dangling(): readonly string[] {
  const { WORKSPACE, 'rpm/BUILD.bazel': text } = readYielded(state.dir);
  return [...text.matchAll(/"@([^/]+)\/\/rpm"/g)].map(([, name]) => name ?? '').filter((name) => !WORKSPACE.includes(`name = "${name}"`));
}

describe('a rule of ours that was edited and then written again by a later run', () => {
  test('in rpm/BUILD.bazel: the way back is the one from before the first run', async () => {
    run(build(1));
    edit('rpm/BUILD.bazel', '"@virt-1.crpm1//rpm",', '"@virt-1.crpm1//rpm",  # keep');
    run(build(1));
    expect(await undo()).toMatchObject({ kept: [], needed: [] });
    expect(readYielded(state.dir)).toEqual(ORIGINAL);
    expect(await undo()).toEqual(NOTHING);
  });

  test('in WORKSPACE: likewise, byte for byte', async () => {
    run(build(1));
    edit('WORKSPACE', 'http://x/virt-1.crpm1', 'http://mine/virt');
    run(build(2));
    expect(await undo()).toMatchObject({ kept: [], needed: [] });
    expect(readYielded(state.dir)).toEqual(ORIGINAL);
  });

  test('removed by hand before: likewise', async () => {
    run(build(1));
    edit('rpm/BUILD.bazel', tree('launcher_cs9', 'bash', 'qemu-1.crpm1', 'virt-1.crpm1'), '');
    run(build(2));
    await undo();
    expect(readYielded(state.dir)['rpm/BUILD.bazel'].replace(/\s+/g, '')).toBe(ORIGINAL['rpm/BUILD.bazel'].replace(/\s+/g, ''));
    expect(dangling()).toEqual([]);
  });
});

describe('a rule of ours that was edited', () => {
  const KEPT: RevertResult = {
    restored: [],
    kept: ['rpmtree launcher_cs9', 'rpm qemu-1.crpm1', 'rpm virt-1.crpm1'],
    needed: ['rpm qemu-1.crpm1', 'rpm virt-1.crpm1'],
  };

  test('stays with the rules that its labels name, and every revert says so until it is corrected', async () => {
    run(build(1));
    edit('rpm/BUILD.bazel', '"@virt-1.crpm1//rpm",', '"@virt-1.crpm1//rpm",  # keep');
    expect(await undo()).toEqual({ ...KEPT, restored: ['rpmtree handler_cs9', 'rpm qemu-1', 'rpm virt-1'] });
    expect(dangling()).toEqual([]);
    const left = readYielded(state.dir);
    expect(left['rpm/BUILD.bazel']).toContain('# keep');

    expect(await undo()).toEqual(KEPT);
    expect(readYielded(state.dir)).toEqual(left);

    edit('rpm/BUILD.bazel', '"@virt-1.crpm1//rpm",  # keep', '"@virt-1//rpm",');
    edit('rpm/BUILD.bazel', '"@qemu-1.crpm1//rpm"', '"@qemu-1//rpm"');
    expect(await undo()).toMatchObject({ restored: ['rpm qemu-1.crpm1', 'rpm virt-1.crpm1'], kept: [] });
    expect(readYielded(state.dir)).toEqual(ORIGINAL);
    expect(await undo()).toEqual(NOTHING);
  });

  test('stays an edit over a run that left it alone', async () => {
    run(build(1));
    edit('rpm/BUILD.bazel', '"@virt-1.crpm1//rpm",', '"@virt-1.crpm1//rpm",  # keep');
    run(readYielded(state.dir));
    expect(await undo()).toMatchObject({ kept: KEPT.kept, needed: KEPT.needed });
    expect(dangling()).toEqual([]);
  });

  test('and kept by a revert is crpm’s again after the next run', async () => {
    run(build(1));
    edit('rpm/BUILD.bazel', '"@virt-1.crpm1//rpm",', '"@virt-1.crpm1//rpm",  # keep');
    await undo();
    run(build(2));
    expect(await undo()).toMatchObject({ kept: [] });
    expect(readYielded(state.dir)).toEqual(ORIGINAL);
  });

  test('a label to ours in a tree of the user’s own holds the rule, too', async () => {
    run(build(1));
    const mine = `\n${tree('mine', 'virt-1.crpm1')}`;
    write({ 'rpm/BUILD.bazel': readYielded(state.dir)['rpm/BUILD.bazel'] + mine });
    expect(await undo()).toMatchObject({ kept: ['rpm virt-1.crpm1'], needed: ['rpm virt-1.crpm1'] });
    expect(dangling()).toEqual([]);
  });
});

test('a rule that the user gave other contents of their own, without anything of ours, is the state to go back to once it is written again', async () => {
  run(build(1));
  const theirs = tree('launcher_cs9', 'bash');
  edit('rpm/BUILD.bazel', tree('launcher_cs9', 'bash', 'qemu-1.crpm1', 'virt-1.crpm1'), theirs);
  run(build(2));
  await undo();
  expect(readYielded(state.dir)['rpm/BUILD.bazel']).toBe(`${tree('handler_cs9', 'bash', 'qemu-1')}\n${theirs}`);
});

test('a rule that crpm never changed is the user’s business: neither taken back nor named', async () => {
  run(build(1));
  edit('WORKSPACE', 'http://x/bash', 'http://mine/bash');
  expect(await undo()).toMatchObject({ kept: [] });
  expect(readYielded(state.dir).WORKSPACE).toBe(ORIGINAL.WORKSPACE.replace('http://x/bash', 'http://mine/bash'));
  expect(readUndo(state.undo)).toBeUndefined();
});

test('what a revert would do can be asked for, and nothing is written', () => {
  expect(plan()).toEqual(NOTHING);
  run(build(1));
  expect(plan().restored).toHaveLength(6);
  expect(readYielded(state.dir)).toEqual(build(1));
});

test('a person is told what stays, why, and what to do', () => {
  const text = formatRevert({ restored: ['rpm qemu-1'], kept: ['rpmtree launcher_cs9', 'rpm virt-1.crpm1'], needed: ['rpm virt-1.crpm1'] });
  expect(text.split('\n')).toEqual([
    '1 rule of WORKSPACE and rpm/BUILD.bazel restored',
    'kept, as it was edited since: rpmtree launcher_cs9',
    'kept, as rpm/BUILD.bazel still names it: rpm virt-1.crpm1',
    'To have the rest taken back, write those rules as they were or remove them, in rpm/BUILD.bazel before WORKSPACE; then crpm revert again.',
  ]);
  const inGit = formatRevert({ restored: [], kept: ['rpmtree launcher_cs9'], needed: [] }, 'git -C /kv').split('\n');
  expect(inGit.at(-1)).toBe('Or let git put both files back as they were committed, which drops all your own edits in them: git -C /kv checkout -- WORKSPACE rpm/BUILD.bazel');
  expect(formatRevert({ restored: [], kept: ['file api/new.txt'], needed: [] }, 'git')).not.toContain('checkout');
});
