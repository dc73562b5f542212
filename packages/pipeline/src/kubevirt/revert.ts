import { join } from 'node:path';
import { fail, FailureError, type Config, type WorkspacePaths } from '@crpm/core';
import { acquireLock } from '@crpm/state';
import { stateOf, type FurtherChange } from './further-files.js';
import { land, recoverLanding } from './landing.js';
import { requireWhole } from './require-whole.js';
import { takeBack, takeBackFurther, type TakenBack } from './take-back.js';
import { treeState } from './tree-state.js';
import { readUndo, type UndoRecord } from './undo.js';
import { readYielded, YIELDED, type Yielded } from './yielded-files.js';

export interface RevertOptions {
  readonly config: Pick<Config, 'kubevirt'>;
  readonly workspace: WorkspacePaths;
}

/** What a revert did. Rules are named as `rpm <name>`, `rpmtree <name>`, `tar2files <name>`, further files as `file <path>`. Plain JSON. */
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
    const { taken, further, result } = planOf(undo, tree.dir, current);
    requireWhole(undo, current, taken);
    if (!land(tree, current, taken.files, taken.left, further)) {
      fail({ class: 'source', message: `WORKSPACE, rpm/BUILD.bazel or a further file of ${tree.dir} was changed while the revert ran; nothing was written`, next: 'Run crpm revert again.' });
    }
    return result;
  } finally {
    lock.release();
  }
}

/** What {@link revert} would do now. Writes nothing and waits for nobody. */
export function plannedRevert({ config, workspace }: RevertOptions): RevertResult {
  if (!config.kubevirt) return NOTHING;
  const tree = treeState(workspace, config.kubevirt.dir);
  const undo = readUndo(tree.undo);
  return undo ? planOf(undo, tree.dir, readYielded(tree.dir)).result : NOTHING;
}

/** The files that {@link revert} would change now, absolute. Writes nothing and waits for nobody; of a tree that can't be read none are known. */
export function revertibleFiles({ config, workspace }: RevertOptions): readonly string[] {
  const { kubevirt } = config;
  if (!kubevirt) return [];
  try {
    const tree = treeState(workspace, kubevirt.dir);
    const undo = readUndo(tree.undo);
    if (!undo) return [];
    const current = readYielded(tree.dir);
    const { taken, further } = planOf(undo, tree.dir, current);
    const paths = [...YIELDED.filter((path) => taken.files[path] !== current[path]), ...further.map(({ path }) => path)];
    return paths.map((path) => join(kubevirt.dir, path));
  } catch (error) {
    if (error instanceof FailureError) return [];
    throw error;
  }
}

/** For people. `git`: what begins a call of git in the KubeVirt tree, where it is the top of a git tree. */
export function formatRevert({ restored, kept, needed }: RevertResult, git?: string): string {
  if (restored.length === 0 && kept.length === 0) return 'nothing to revert: the KubeVirt tree holds nothing that crpm wrote';
  const files = restored.filter(isFile);
  const rules = restored.length - files.length;
  return [
    `${rules} rule${rules === 1 ? '' : 's'} of WORKSPACE and rpm/BUILD.bazel restored`,
    ...files.map((file) => `restored: ${file}`),
    ...kept.map((rule) => `kept, as ${needed.includes(rule) ? 'rpm/BUILD.bazel still names it' : 'it was edited since'}: ${rule}`),
    ...(kept.some((one) => !isFile(one)) ? waysBack(git) : []),
  ].join('\n');
}

function waysBack(git: string | undefined): readonly string[] {
  return [
    'To have the rest taken back, write those rules as they were or remove them, in rpm/BUILD.bazel before WORKSPACE; then crpm revert again.',
    ...(git === undefined ? [] : [`Or let git put both files back as they were committed, which drops all your own edits in them: ${git} checkout -- ${YIELDED.join(' ')}`]),
  ];
}

function isFile(name: string): boolean {
  return name.startsWith('file ');
}

interface Plan {
  readonly taken: TakenBack;
  readonly further: readonly FurtherChange[];
  readonly result: RevertResult;
}

function planOf(undo: UndoRecord, dir: string, current: Yielded): Plan {
  const taken = takeBack(undo, current);
  const { changes, kept } = takeBackFurther(undo.further ?? [], (path) => stateOf(dir, path));
  const left = kept.length > 0 ? { ...(taken.left ?? { before: taken.files, written: taken.files }), further: kept } : taken.left;
  const named = (files: readonly { readonly path: string }[]) => files.map(({ path }) => `file ${path}`);
  return {
    taken: { ...taken, left },
    further: changes,
    result: { restored: [...taken.restored, ...named(changes)], kept: [...taken.kept, ...named(kept)], needed: taken.needed },
  };
}
