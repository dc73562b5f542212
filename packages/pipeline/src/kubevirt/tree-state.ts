import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fail, type WorkspacePaths } from '@crpm/core';

/**
 * What is kept about one KubeVirt tree, by its real path, for all workspaces that use it: beside their state, so that two of them
 * meet at one lock and share one way back.
 */
export interface TreeState {
  /** Real path of the KubeVirt tree. */
  readonly dir: string;
  readonly lock: string;
  /** How to get back to the state before crpm's first run: {@link UndoRecord}. */
  readonly undo: string;
  /** A landing that has begun: {@link Intent}. */
  readonly intent: string;
}

/** Fails with class `usage` if there is no such folder. */
export function treeState(workspace: WorkspacePaths, kubevirtDir: string): TreeState {
  let dir;
  try {
    dir = realpathSync(kubevirtDir);
  } catch (error) {
    return fail({ class: 'usage', message: `there is no KubeVirt tree at ${kubevirtDir}`, next: 'Correct kubevirt.dir in the config.' }, error);
  }
  const name = basename(dir).replace(/[^A-Za-z0-9._-]/g, '_');
  const folder = join(dirname(workspace.state), 'trees', `${name}-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { dir, lock: join(folder, 'lock'), undo: join(folder, 'undo.json'), intent: join(folder, 'intent.json') };
}
