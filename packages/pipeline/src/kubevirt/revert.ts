import { fail, type Config, type WorkspacePaths } from '@crpm/core';
import { acquireLock } from '@crpm/state';
import { land, recoverLanding } from './landing.js';
import { takeBack, type TakenBack } from './take-back.js';
import { treeState } from './tree-state.js';
import { readUndo } from './undo.js';
import { readYielded } from './yielded-files.js';

export interface RevertOptions {
  readonly config: Pick<Config, 'kubevirt'>;
  readonly workspace: WorkspacePaths;
}

/** What a revert did. Rules are named as `rpm <name>`, `rpmtree <name>`, `tar2files <name>`. Plain JSON. */
export type RevertResult = Pick<TakenBack, 'restored' | 'kept' | 'needed'>;

const NOTHING: RevertResult = { restored: [], kept: [], needed: [] };

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
    if (!undo) return NOTHING;
    const current = readYielded(tree.dir);
    const taken = takeBack(undo, current);
    if (!land(tree, current, taken.files, taken.left)) {
      fail({ class: 'source', message: `WORKSPACE or rpm/BUILD.bazel of ${tree.dir} was changed while the revert ran; nothing was written`, next: 'Run crpm revert again.' });
    }
    return resultOf(taken);
  } finally {
    lock.release();
  }
}

/** What {@link revert} would do now. Writes nothing and waits for nobody. */
export function plannedRevert({ config, workspace }: RevertOptions): RevertResult {
  if (!config.kubevirt) return NOTHING;
  const tree = treeState(workspace, config.kubevirt.dir);
  const undo = readUndo(tree.undo);
  return undo ? resultOf(takeBack(undo, readYielded(tree.dir))) : NOTHING;
}

/** For people. */
export function formatRevert({ restored, kept, needed }: RevertResult): string {
  if (restored.length === 0 && kept.length === 0) return 'nothing to revert: the KubeVirt tree holds nothing that crpm wrote';
  return [
    `${restored.length} rule${restored.length === 1 ? '' : 's'} of WORKSPACE and rpm/BUILD.bazel restored`,
    ...kept.map((rule) => `kept, as ${needed.includes(rule) ? 'rpm/BUILD.bazel still names it' : 'it was edited since'}: ${rule}`),
    ...(kept.length > 0 ? ['Correct or remove what is kept in WORKSPACE and rpm/BUILD.bazel by hand, labels first; then crpm revert again takes back the rest.'] : []),
  ].join('\n');
}

function resultOf({ restored, kept, needed }: TakenBack): RevertResult {
  return { restored, kept, needed };
}
