import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FailureError } from '@crpm/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { findFurther, type FurtherChange } from '../../src/kubevirt/further-files.js';
import { land, recoverLanding } from '../../src/kubevirt/landing.js';
import { formatRevert, revert } from '../../src/kubevirt/revert.js';
import { syncTree } from '../../src/kubevirt/tree-copy.js';
import { treeState, type TreeState } from '../../src/kubevirt/tree-state.js';
import { nextUndo, readUndo } from '../../src/kubevirt/undo.js';
import { readYielded } from '../../src/kubevirt/yielded-files.js';
import { temporaryFolder } from '../serve/support/temporary.js';

let tree: string;
let copy: string;
let state: TreeState;
let workspace: { readonly id: string; readonly state: string; readonly cache: string };

const put = (root: string, path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const text = (path: string) => (existsSync(join(tree, path)) ? readFileSync(join(tree, path), 'utf8') : undefined);
const sync = () => syncTree(tree, copy, join(workspace.state, 'synced.json'), new AbortController().signal);

beforeEach(() => {
  const root = temporaryFolder('further');
  workspace = { id: 'w', state: join(root, 'state/w'), cache: join(root, 'cache') };
  mkdirSync(workspace.state, { recursive: true });
  [tree, copy] = [join(root, 'kubevirt'), join(root, 'copy')];
  put(tree, 'WORKSPACE', 'workspace(name = "kubevirt")\n');
  put(tree, 'rpm/BUILD.bazel', '');
  put(tree, 'hack/rpm-deps.sh', '');
  put(tree, 'api/generated.txt', 'as it was\n');
  put(tree, 'api/old.txt', 'goes\n');
  put(tree, 'tools/gen.sh', '#!/bin/sh\n');
  symlinkSync('generated.txt', join(tree, 'api/link'));
  state = treeState(workspace, tree);
});

/** What KubeVirt's make is made to change, each way once. */
function make(): void {
  put(copy, 'WORKSPACE', 'changed');
  put(copy, 'hack/rpm-deps.sh', 'changed');
  put(copy, 'crpm-repo.yaml', 'ours');
  put(copy, '_out/big', 'excluded');
  put(copy, 'api/generated.txt', 'generated\n');
  put(copy, 'api/new/deep/file.txt', 'new\n');
  rmSync(join(copy, 'api/old.txt'));
  chmodSync(join(copy, 'tools/gen.sh'), 0o755);
}

async function run(): Promise<readonly FurtherChange[]> {
  const { seen } = await sync();
  make();
  return findFurther(tree, copy, seen).changes;
}

function bring(changes: readonly FurtherChange[]): boolean {
  const now = readYielded(tree);
  return land(state, now, now, nextUndo(readUndo(state.undo), now, now, changes), changes);
}

const undo = () => revert({ config: { kubevirt: { dir: tree } }, workspace });

describe('what make changed besides the two files', () => {
  test('is found: content, permissions, files that came and went; neither crpm’s own nor what is left out of the copy', async () => {
    const changes = await run();
    expect(changes.map(({ path, before, after, folders }) => [path, before === null, after === null, folders])).toEqual([
      ['api/generated.txt', false, false, []],
      ['api/new/deep/file.txt', true, false, ['api/new', 'api/new/deep']],
      ['api/old.txt', false, true, []],
      ['tools/gen.sh', false, false, []],
    ]);
  });

  test('and is a link now stays in the copy, and is named', async () => {
    const { seen } = await sync();
    rmSync(join(copy, 'api/old.txt'));
    symlinkSync('generated.txt', join(copy, 'api/old.txt'));
    expect(findFurther(tree, copy, seen)).toEqual({ changes: [], left: ['api/old.txt'] });
  });

  test('is refused where the user changed it meanwhile', async () => {
    const { seen } = await sync();
    make();
    put(tree, 'api/generated.txt', 'mine, all mine\n');
    expect(() => findFurther(tree, copy, seen)).toThrowError(FailureError);
    expect(text('api/generated.txt')).toBe('mine, all mine\n');
  });

  test('comes whole or not at all', async () => {
    const changes = await run();
    put(tree, 'api/old.txt', 'edited after all\n');
    expect(bring(changes)).toBe(false);
    expect(text('api/generated.txt')).toBe('as it was\n');
  });

  test('comes, and goes again with a revert: files, permissions and folders', async () => {
    expect(bring(await run())).toBe(true);
    expect([text('api/generated.txt'), text('api/new/deep/file.txt'), text('api/old.txt')]).toEqual(['generated\n', 'new\n', undefined]);
    expect(statSync(join(tree, 'tools/gen.sh')).mode & 0o777).toBe(0o755);

    const result = await undo();
    expect(result).toEqual({ restored: ['file api/generated.txt', 'file api/new/deep/file.txt', 'file api/old.txt', 'file tools/gen.sh'], kept: [], needed: [] });
    expect([text('api/generated.txt'), existsSync(join(tree, 'api/new')), text('api/old.txt')]).toEqual(['as it was\n', false, 'goes\n']);
    expect(statSync(join(tree, 'tools/gen.sh')).mode & 0o111).toBe(0);
    expect(await undo()).toEqual({ restored: [], kept: [], needed: [] });
  });

  test('and was edited since is kept and named; the way back of a later run leads before the first', async () => {
    bring(await run());
    const { seen } = await sync();
    put(copy, 'api/generated.txt', 'generated again\n');
    expect(bring(findFurther(tree, copy, seen).changes)).toBe(true);
    put(tree, 'api/new/deep/file.txt', 'edited\n');

    const result = await undo();
    expect(result.kept).toEqual(['file api/new/deep/file.txt']);
    expect(formatRevert(result)).toContain('kept, as it was edited since: file api/new/deep/file.txt');
    expect([text('api/generated.txt'), text('api/new/deep/file.txt')]).toEqual(['as it was\n', 'edited\n']);
    expect((await undo()).kept).toEqual(['file api/new/deep/file.txt']);
  });
});

describe('a landing of further files that was killed', () => {
  /** The intent is there, and so many of the renames were done. */
  async function killed(done: number): Promise<void> {
    const changes = await run();
    const now = readYielded(tree);
    const undoRecord = nextUndo(undefined, now, now, changes);
    writeFileSync(state.intent, JSON.stringify({ before: now, after: now, further: changes, undo: undoRecord }));
    for (const { path, after } of changes.slice(0, done)) {
      if (after) put(tree, path, Buffer.from(after.content, 'base64').toString());
      else rmSync(join(tree, path));
      if (after) chmodSync(join(tree, path), after.mode);
    }
  }

  test.each([0, 1, 2, 3, 4])('is completed after %i of four renames', async (done) => {
    await killed(done);
    expect(recoverLanding(state)).toBe('completed');
    expect([text('api/generated.txt'), text('api/new/deep/file.txt'), text('api/old.txt')]).toEqual(['generated\n', 'new\n', undefined]);
    expect(existsSync(state.intent)).toBe(false);
    expect((await undo()).restored).toHaveLength(4);
  });

  test('is taken back where one of the files was edited in between', async () => {
    await killed(2);
    put(tree, 'api/old.txt', 'mine\n');
    expect(recoverLanding(state)).toBe('taken back');
    expect([text('api/generated.txt'), existsSync(join(tree, 'api/new')), text('api/old.txt')]).toEqual(['as it was\n', false, 'mine\n']);
    expect(readUndo(state.undo)).toBeUndefined();
  });
});
