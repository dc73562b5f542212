import { fail, type Config, type WorkspacePaths } from '@crpm/core';
import { acquireLock } from '@crpm/state';
import { land, recoverLanding } from './landing.js';
import { treeState } from './tree-state.js';
import { readUndo, takeBack } from './undo.js';
import { readYielded, YIELDED } from './yielded-files.js';

export interface RevertOptions {
  readonly config: Pick<Config, 'kubevirt'>;
  readonly workspace: WorkspacePaths;
}

/** What a revert did. Rules are named as `rpm <name>`, `rpmtree <name>`, `tar2files <name>`. Plain JSON. */
export interface RevertResult {
  readonly restored: readonly string[];
  /** Edited since crpm wrote them: they stay as they are. */
  readonly kept: readonly string[];
}

/**
 * Takes everything back that crpm ever wrote into a KubeVirt tree, whichever workspace did. With nothing to take back it does nothing.
 * Fails with class `locked` while somebody works on the tree.
 */
export async function revert({ config, workspace }: RevertOptions): Promise<RevertResult> {
  const { kubevirt } = config;
  if (!kubevirt) return fail({ class: 'usage', message: 'the config has no KubeVirt tree to revert (kubevirt: false)' });
  const tree = treeState(workspace, kubevirt.dir);
  const lock = await acquireLock(tree.lock, { command: 'crpm revert', what: `the KubeVirt tree ${tree.dir}` });
  try {
    recoverLanding(tree);
    const undo = readUndo(tree.undo);
    if (!undo) return { restored: [], kept: [] };
    const current = readYielded(tree.dir);
    const [workspaceFile, buildFile] = YIELDED.map((path) => takeBack(path, undo.before[path], undo.written[path], current[path]));
    const after = { WORKSPACE: workspaceFile?.text ?? '', 'rpm/BUILD.bazel': buildFile?.text ?? '' };
    if (!land(tree, current, after, undefined)) {
      fail({ class: 'source', message: `WORKSPACE or rpm/BUILD.bazel of ${tree.dir} was changed while the revert ran; nothing was written`, next: 'Run crpm revert again.' });
    }
    const both = [workspaceFile, buildFile];
    return { restored: both.flatMap((file) => file?.restored ?? []), kept: both.flatMap((file) => file?.kept ?? []) };
  } finally {
    lock.release();
  }
}

/** For people. */
export function formatRevert({ restored, kept }: RevertResult): string {
  if (restored.length === 0 && kept.length === 0) return 'nothing to revert: the KubeVirt tree holds nothing that crpm wrote';
  return [
    `${restored.length} rule${restored.length === 1 ? '' : 's'} of WORKSPACE and rpm/BUILD.bazel restored`,
    ...kept.map((rule) => `kept, as it was edited since: ${rule}`),
  ].join('\n');
}
