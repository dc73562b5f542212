import { FailureError, type Input, type WorkspacePaths } from '@crpm/core';
import { hashText } from '@crpm/state';
import { treeState } from './tree-state.js';
import { readUndo } from './undo.js';
import { readYielded, YIELDED } from './yielded-files.js';

/** What became of the files that a proof was made from. */
export type SinceProof = 'same' | 'reverted' | 'changed';

/** Both files as the inputs of a proof name them. */
export function yieldedInputs(dir: string): readonly Input[] {
  const files = readYielded(dir);
  return YIELDED.map((path) => ({ name: `kubevirt/${path}`, value: hashText(files[path]) }));
}

/** Compares a KubeVirt tree with the inputs of a proof. Writes nothing and waits for nobody; a tree that can't be read has changed. */
export function sinceProof(workspace: WorkspacePaths, dir: string, proof: readonly Input[]): SinceProof {
  try {
    const tree = treeState(workspace, dir);
    const isSame = yieldedInputs(tree.dir).every(({ name, value }) => proof.some((input) => input.name === name && input.value === value));
    return isSame ? 'same' : readUndo(tree.undo) ? 'changed' : 'reverted';
  } catch (error) {
    if (error instanceof FailureError) return 'changed';
    throw error;
  }
}
