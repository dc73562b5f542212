import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { land, recoverLanding } from '../../src/kubevirt/landing.js';
import { takeBack } from '../../src/kubevirt/take-back.js';
import { treeState, type TreeState } from '../../src/kubevirt/tree-state.js';
import { readUndo, withoutOurs } from '../../src/kubevirt/undo.js';
import { readYielded, type Yielded } from '../../src/kubevirt/yielded-files.js';
import { temporaryFolder } from '../serve/support/temporary.js';

const rpm = (name: string, sha = 'a') => `rpm(\n    name = "${name}",\n    sha256 = "${sha}",\n    urls = ["http://x/${name}"],\n)\n`;
const tree = (name: string, ...rpms: string[]) => `rpmtree(\n    name = "${name}",\n    rpms = [${rpms.map((item) => `"@${item}//rpm"`).join(', ')}],\n)\n`;
const BEFORE: Yielded = { WORKSPACE: `load("x")\n\n${rpm('old')}\n${rpm('bash')}`, 'rpm/BUILD.bazel': tree('t', 'old', 'bash') };
const AFTER: Yielded = { WORKSPACE: `load("x")\n\n${rpm('bash')}\n${rpm('ours')}`, 'rpm/BUILD.bazel': tree('t', 'bash', 'ours') };
const UNDO = { before: BEFORE, written: AFTER };

let state: TreeState;

function write(files: Yielded): void {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(state.dir, path), text);
}

beforeEach(() => {
  const root = temporaryFolder('land');
  mkdirSync(join(root, 'kubevirt/rpm'), { recursive: true });
  mkdirSync(join(root, 'state/w'), { recursive: true });
  state = treeState({ id: 'w', state: join(root, 'state/w'), cache: root }, join(root, 'kubevirt'));
  write(BEFORE);
});

describe('land', () => {
  test('brings both files, and the way back', () => {
    expect(land(state, BEFORE, AFTER, UNDO)).toBe(true);
    expect(readYielded(state.dir)).toEqual(AFTER);
    expect(readUndo(state.undo)).toEqual(UNDO);
    expect(recoverLanding(state)).toBeUndefined();
  });

  test('writes nothing if one of them was edited meanwhile', () => {
    const edited = { ...BEFORE, 'rpm/BUILD.bazel': '# mine\n' };
    write(edited);
    expect(land(state, BEFORE, AFTER, UNDO)).toBe(false);
    expect(readYielded(state.dir)).toEqual(edited);
    expect(readUndo(state.undo)).toBeUndefined();
  });
});

describe('recoverLanding', () => {
  /** The state that a kill leaves: the intent is there, and so much of the rest. */
  function killed(inTree: Yielded): void {
    writeFileSync(state.intent, JSON.stringify({ before: BEFORE, after: AFTER, undo: UNDO }));
    write(inTree);
  }

  test.each([
    ['before the first rename', BEFORE],
    ['between the two renames', { ...BEFORE, WORKSPACE: AFTER.WORKSPACE }],
    ['after both', AFTER],
  ])('completes what was killed %s', (_, inTree) => {
    killed(inTree);
    expect(recoverLanding(state)).toBe('completed');
    expect(readYielded(state.dir)).toEqual(AFTER);
    expect(readUndo(state.undo)).toEqual(UNDO);
    expect(recoverLanding(state)).toBeUndefined();
  });

  test('takes the first file back if the user edited the second one since', () => {
    killed({ WORKSPACE: AFTER.WORKSPACE, 'rpm/BUILD.bazel': '# mine\n' });
    expect(recoverLanding(state)).toBe('taken back');
    expect(readYielded(state.dir)).toEqual({ WORKSPACE: BEFORE.WORKSPACE, 'rpm/BUILD.bazel': '# mine\n' });
  });
});

describe('takeBack', () => {
  const back = (workspace: string) => {
    const { files, restored, kept } = takeBack(UNDO, { ...BEFORE, WORKSPACE: workspace });
    return { text: files.WORKSPACE, restored, kept };
  };

  test('gives the old bytes where nobody else wrote', () => {
    expect(back(AFTER.WORKSPACE)).toEqual({ text: BEFORE.WORKSPACE, restored: ['rpm old', 'rpm ours'], kept: [] });
  });

  test('leaves a file alone that holds nothing of ours', () => {
    expect(back(BEFORE.WORKSPACE)).toEqual({ text: BEFORE.WORKSPACE, restored: [], kept: [] });
  });

  test('keeps what was added and edited since, and restores the rest', () => {
    const current = `load("y")\n\n${rpm('bash')}\n${rpm('ours', 'b')}\n${rpm('mine')}`;
    const { text, restored, kept } = back(current);
    expect(restored).toEqual(['rpm old']);
    expect(kept).toEqual(['rpm ours']);
    expect(text).toContain('load("y")');
    for (const name of ['old', 'bash', 'ours', 'mine']) expect(text).toContain(`name = "${name}"`);
  });

  test('minds neither the order of rules nor their layout', () => {
    const current = `load("x")\n\n${rpm('ours').replaceAll('\n    ', ' ')}\n${rpm('bash')}`;
    expect(back(current)).toMatchObject({ restored: ['rpm old', 'rpm ours'], kept: [] });
    expect(back(current).text).not.toContain('"ours"');
  });

  test('a rule that the user changed before the next run becomes the state to go back to', () => {
    const current = { ...AFTER, WORKSPACE: AFTER.WORKSPACE.replace(rpm('bash'), rpm('bash', 'c')) };
    const base = withoutOurs(UNDO, current);
    expect(base.WORKSPACE).toContain(rpm('bash', 'c'));
    expect(base.WORKSPACE).toContain('name = "old"');
    expect(base.WORKSPACE).not.toContain('name = "ours"');
    expect(base['rpm/BUILD.bazel']).toBe(BEFORE['rpm/BUILD.bazel']);
  });
});

test('a tree is one tree by whatever path', () => {
  const { dir, lock } = state;
  expect(treeState({ id: 'v', state: join(dir, '../state/v'), cache: '' }, join(dir, '../kubevirt/rpm/..')).lock).toBe(lock);
  expect(readFileSync(join(dir, 'WORKSPACE'), 'utf8')).toBe(BEFORE.WORKSPACE);
});
