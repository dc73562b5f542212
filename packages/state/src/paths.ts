import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { fail, type WorkspacePaths } from '@crpm/core';
import { realFs, type Fs } from './fs.js';

export interface LocateOptions {
  /** Folder of the config. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fs?: Fs;
}

/**
 * The folders of a workspace, made if they are not there, for the user's eyes only. Two paths to one folder are one workspace.
 * Fails (class `environment`) where they can't be made.
 */
export function locateWorkspace({ root, env, fs = realFs }: LocateOptions): WorkspacePaths {
  const id = workspaceId(root);
  const { stateHome, cache } = userFolders(env);
  const state = join(stateHome, id);
  for (const [folder, variable] of [[stateHome, 'XDG_STATE_HOME'], [state, 'XDG_STATE_HOME'], [cache, 'XDG_CACHE_HOME']] as const) {
    privateFolder(fs, folder, variable);
  }
  return { state, id, cache };
}

/** Where crpm keeps things for a user: the parent of all workspaces' state, and the cache. Relative XDG values count as unset, as their standard demands, and so does a relative HOME. */
export function userFolders(env: Readonly<Record<string, string | undefined>>): { readonly stateHome: string; readonly cache: string } {
  const home = env['HOME'] !== undefined && isAbsolute(env['HOME']) ? env['HOME'] : userInfo().homedir;
  const xdg = (variable: string, fallback: string) => {
    const value = env[variable];
    return join(value !== undefined && isAbsolute(value) ? value : join(home, fallback), 'crpm');
  };
  return { stateHome: xdg('XDG_STATE_HOME', '.local/state'), cache: xdg('XDG_CACHE_HOME', '.cache') };
}

/** `<name>-<8 hex>`, safe as a label, a volume name and a file name. */
function workspaceId(root: string): string {
  let real: string;
  try {
    real = realpathSync(root);
  } catch (error) {
    return fail({ class: 'usage', message: `the workspace ${root} is not there`, next: 'Run crpm in the folder of a config, or name one with --config.' }, error);
  }
  const name = basename(real).replace(/[^A-Za-z0-9._-]/g, '_').replace(/^[^A-Za-z0-9]+/, '').slice(0, 40);
  return `${name || 'root'}-${createHash('sha256').update(real).digest('hex').slice(0, 8)}`;
}

function privateFolder(fs: Fs, folder: string, variable: string): void {
  try {
    fs.mkdir(folder, 0o700);
    if (((fs.lstat(folder)?.mode ?? 0) & 0o077) !== 0) fs.chmod(folder, 0o700);
  } catch (error) {
    fail(
      {
        class: 'environment',
        message: `can't make the folder ${folder}: ${error instanceof Error ? error.message : String(error)}`,
        next: `Set ${variable} to a folder that you may write.`,
      },
      error,
    );
  }
}

/** The lock that whoever changes a workspace's state holds. */
export function lockFileOf(workspace: WorkspacePaths): string {
  return join(workspace.state, 'lock');
}
