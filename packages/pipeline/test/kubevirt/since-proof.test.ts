import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sinceProof, yieldedInputs } from '../../src/kubevirt/since-proof.js';
import { treeState } from '../../src/kubevirt/tree-state.js';
import { writeUndo } from '../../src/kubevirt/undo.js';

let dir: string;
let workspace: WorkspacePaths;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'crpm-since-'));
  workspace = { state: join(dir, 'state', 'w'), id: 'w', cache: join(dir, 'cache') };
  mkdirSync(join(dir, 'tree', 'rpm'), { recursive: true });
  write('built');
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function write(text: string): void {
  for (const path of ['WORKSPACE', 'rpm/BUILD.bazel']) writeFileSync(join(dir, 'tree', path), text);
}

test('a tree is as it was proven, edited, or reverted, which leaves no way back; one that is gone has changed', () => {
  const tree = join(dir, 'tree');
  const { undo } = treeState(workspace, tree);
  const before = { WORKSPACE: 'old', 'rpm/BUILD.bazel': 'old' };
  writeUndo(undo, { before, written: { WORKSPACE: 'built', 'rpm/BUILD.bazel': 'built' } });
  const proof = yieldedInputs(tree);
  expect(sinceProof(workspace, tree, proof)).toBe('same');

  write('edited');
  expect(sinceProof(workspace, tree, proof)).toBe('changed');

  write('old');
  writeUndo(undo, undefined);
  expect(sinceProof(workspace, tree, proof)).toBe('reverted');

  rmSync(tree, { recursive: true });
  expect(sinceProof(workspace, tree, proof)).toBe('changed');
});
