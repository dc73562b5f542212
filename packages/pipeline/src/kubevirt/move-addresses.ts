import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type Config, type WorkspacePaths } from '@crpm/core';
import { parseWorkspaceRpms, rewriteRpmRules } from '@crpm/rpm';
import { acquireLock, hashText } from '@crpm/state';
import { repositoryDir } from '../paths.js';
import { land, recoverLanding } from './landing.js';
import { treeState } from './tree-state.js';
import { readUndo } from './undo.js';
import { readYielded } from './yielded-files.js';

export interface MoveOptions {
  readonly config: Pick<Config, 'kubevirt'>;
  readonly workspace: WorkspacePaths;
  /** Where the repository is now, with a slash at its end. */
  readonly baseUrl: string;
}

/**
 * After the server moved to another port: gives the RPMs of this workspace their new addresses in the KubeVirt tree's WORKSPACE. A rule is ours
 * if it names an RPM that was published here, by its digest in the address and in the rule. Returns how many moved.
 */
export async function moveAddresses({ config, workspace, baseUrl }: MoveOptions): Promise<number> {
  if (!config.kubevirt) return 0;
  const tree = treeState(workspace, config.kubevirt.dir);
  const lock = await acquireLock(tree.lock, { command: 'crpm serve --port', what: `the KubeVirt tree ${tree.dir}` });
  try {
    recoverLanding(tree);
    const published = join(repositoryDir(workspace), 'published');
    const before = readYielded(tree.dir);
    const moved = withAddresses(before.WORKSPACE, baseUrl, published);
    if (moved.count === 0) return 0;
    const undo = readUndo(tree.undo);
    // The way back must know the rules as they are written now.
    const written = undo && { ...undo.written, WORKSPACE: withAddresses(undo.written.WORKSPACE, baseUrl, published).text };
    if (!land(tree, before, { ...before, WORKSPACE: moved.text }, undo && written && { ...undo, written })) {
      fail({ class: 'source', message: `WORKSPACE of ${tree.dir} was changed while its addresses moved; it stays as it is`, next: 'Run the same command again.' });
    }
    return moved.count;
  } finally {
    lock.release();
  }
}

/** A WORKSPACE as `rpm-deps` wrote it. */
export interface Written {
  /** Hex sha256 of its text. */
  readonly digest: string;
  /** Where the repository was then, with a slash at its end. */
  readonly baseUrl: string;
}

/**
 * Whether a WORKSPACE still is what was written, but for the addresses of this workspace's RPMs, which are all under `baseUrl` now: with the
 * addresses of then, it must be the same text.
 */
export function isMoved(text: string, written: Written, { workspace, baseUrl }: Pick<MoveOptions, 'workspace' | 'baseUrl'>): boolean {
  const published = join(repositoryDir(workspace), 'published');
  return hashText(withAddresses(text, written.baseUrl, published).text) === written.digest && withAddresses(text, baseUrl, published).count === 0;
}

function withAddresses(workspace: string, baseUrl: string, published: string): { text: string; count: number } {
  const changes = parseWorkspaceRpms(workspace).flatMap((rule) => {
    const urls = rule.urls.map((url) => movedUrl(url, rule.sha256, baseUrl, published));
    return urls.some((url, index) => url !== rule.urls[index]) ? [{ rule, urls }] : [];
  });
  return { text: rewriteRpmRules(workspace, changes), count: changes.length };
}

function movedUrl(url: string, sha256: string, baseUrl: string, published: string): string {
  const [, path, digest] = /^http:\/\/127\.0\.0\.1:\d+\/([A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9_]+\/by-sha256\/([0-9a-f]{64})\/[^/?#]+)$/.exec(url) ?? [];
  if (path === undefined || digest !== sha256) return url;
  return existsSync(join(published, decodeURIComponent(path))) ? baseUrl + path : url;
}
