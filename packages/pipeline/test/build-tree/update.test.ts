import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toFailure, type Command, type Exit, type WorkspacePaths } from '@crpm/core';
import { treeChanges, type TreeChanges } from '@crpm/pipeline/build-tree/changes';
import { readRecord, writeRecord, type TreeRecord } from '@crpm/pipeline/build-tree/record';
import { BEGUN, STALE } from '@crpm/pipeline/build-tree/scripts';
import type { TreeBuild } from '@crpm/pipeline/build-tree/tree-build';
import { updateTree } from '@crpm/pipeline/build-tree/update';
import type { RpmbuildInPlaceParams } from '@crpm/pipeline/params';
import { scanTree } from '@crpm/sources';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { fakeEngine } from '../support/fake-engine.js';
import { nodeContext } from '../support/node-context.js';
import { makeWorkspace } from '../support/run-graph.js';

const NAME = 'libtiny-x86_64-1';
const params: RpmbuildInPlaceParams = {
  package: 'libtiny', arch: 'x86_64', options: { macros: {}, defines: {}, with: [], without: [] }, check: false, debuginfo: false, profile: 'dev', ccache: false,
  method: 'meson', spec: { in: 'tree' }, patches: 'auto', network: 'host',
};
const buildroot = { here: { image: 'i' }, packages: 'p', evr: '1-1', source: 'libtiny', rpms: [], dist: '.el9', checkBuildRequires: false, lacksMacros: false };

let root: string;
let workspace: WorkspacePaths;
let tree: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'crpm-update-'));
  workspace = makeWorkspace(root);
  tree = join(root, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'a.c'), 'a\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An update of a recorded tree by a.c, in an engine whose runs do as `run` says once they have all files. */
async function update(run: (command: Command, attempt: number) => Exit | Promise<Exit>, beforeSending?: (attempt: number) => void) {
  const before = await scanTree(tree);
  appendFileSync(join(tree, 'a.c'), 'more\n');
  const after = await scanTree(tree);
  const record: TreeRecord = { token: 'old', writer: 'nothing', ninja: true, path: 'rpmbuild/BUILD/x', spec: 'x.spec', tree: before, options: 'o' };
  writeRecord(workspace, NAME, record);
  const work = await fakeEngine(() => []).openWork({ image: 'i', arch: 'x86_64', labels: { workspace: 'w', run: 'r', node: 'n' }, signal: new AbortController().signal });
  let attempt = 0;
  const engine = {
    ...fakeEngine(() => []),
    openWork: () =>
      Promise.resolve({
        ...work,
        run: async (command: Command) => {
          beforeSending?.(++attempt);
          await command.files?.toArray();
          return run(command, attempt);
        },
      }),
  };
  const { context } = nodeContext({ id: 'libtiny.rpmbuild', kind: 'rpmbuild-in-place', params }, workspace, engine);
  const build: TreeBuild = { params, context, buildroot, trees: { tree: { dir: tree, manifest: after }, spec: undefined }, wanted: { tree: after, options: 'o', specInputs: [] }, name: NAME };
  return { record, after, attempts: () => attempt, updated: updateTree(build, record, treeChanges(before, after) as TreeChanges) };
}

const answer = ({ env, line }: Command, words: string): void => { line(`${env?.['CRPM_ANSWER'] ?? ''}${words}`); };

test('what the tree holds now is noted once the tree says that its token held', async () => {
  const seen: (string | undefined)[] = [];
  const { updated, after } = await update((command) => {
    seen.push(readRecord(workspace, NAME)?.token);
    answer(command, BEGUN);
    seen.push(readRecord(workspace, NAME)?.writer);
    answer(command, 'stale clock');
    return { code: STALE, oom: false };
  });
  expect(await updated).toEqual({ clean: 'files in the build tree are newer than the clock says it is now', expected: false });
  expect(seen).toEqual(['old', 'anything']);
  expect(readRecord(workspace, NAME)).toMatchObject({ writer: 'anything', tree: { digest: after.digest } });
});

test('a tree with another token leaves the record as it was', async () => {
  const { updated, record } = await update((command) => {
    answer(command, 'stale token');
    return { code: STALE, oom: false };
  });
  expect(await updated).toMatchObject({ clean: 'the build tree is gone, or not as it was left' });
  expect(readRecord(workspace, NAME)).toEqual(record);
});

test('a file that is being saved gets a second chance; one that changed for good fails, and nothing is noted', async () => {
  const saved = await update((command) => { answer(command, 'stale token'); return { code: STALE, oom: false }; }, (attempt) => { writeFileSync(join(tree, 'a.c'), attempt === 1 ? 'half' : 'a\nmore\n'); });
  expect(await saved.updated).toMatchObject({ clean: 'the build tree is gone, or not as it was left' });
  expect(saved.attempts()).toBe(2);

  const changed = await update(() => { throw new Error('nothing may run'); }, () => { writeFileSync(join(tree, 'a.c'), 'other'); });
  expect(toFailure(await changed.updated.catch((error: unknown) => error))).toMatchObject({ class: 'source', message: 'changed while reading: a.c' });
  expect(changed.attempts()).toBe(2);
  expect(readRecord(workspace, NAME)).toEqual(changed.record);
});
