import { existsSync, mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Input, InputContext, NodeKind } from '@crpm/core';
import { scanTree, serializeManifest, type Manifest } from '@crpm/sources';

import { distGitFolder, pinnedCommit } from '../build/dist-git.js';
import type { SourceFact } from '../facts.js';
import type { SourceParams } from '../params.js';

/** Folders that QEMU's and libvirt's git ignores, and yet builds without network need: what `meson subprojects download` fetched. */
const ALSO_IGNORED = ['subprojects'];

/**
 * A snapshot of a source tree as it stands, and of its dist-git folder: names and digests, no copy. Those who send the tree
 * into an engine check every byte against it.
 */
export function sourceKind(): NodeKind<SourceParams> {
  // The snapshot that the fingerprint was made from is the one that is recorded, even when the tree changes in between.
  const scans = new Map<string, Manifest>();
  const keep = (context: InputContext, what: string, manifest: Manifest) => {
    scans.set(`${context.node.id} ${what}`, manifest);
    return manifest;
  };
  const take = async (context: InputContext, what: string, scan: () => Promise<Manifest>) => {
    const kept = scans.get(`${context.node.id} ${what}`);
    scans.delete(`${context.node.id} ${what}`);
    return kept ?? (await scan());
  };

  return {
    name: 'source',
    version: 1,
    weight: 'light',
    async inputs(params, context) {
      const inputs: Input[] = [{ name: 'tree', value: keep(context, 'tree', await scanSource(params, context)).digest }];
      if (params.distGit?.kind === 'dir') inputs.push({ name: 'spec', value: keep(context, 'spec', await scan(params.distGit.dir, 'spec', context)).digest });
      return inputs;
    },
    async run(params, context) {
      context.report.status(`reading ${params.dir}`);
      const tree = await take(context, 'tree', () => scanSource(params, context));
      for (const warning of tree.warnings) context.report.warn(warning);
      await writeFile(join(context.out, 'manifest.json'), serializeManifest(tree));
      const fact: SourceFact = { dir: params.dir, digest: tree.digest, warnings: tree.warnings };
      if (!params.distGit) return fact;

      const { dir: specDir, commit } = await distGitFolder(params.distGit, context);
      const spec = await take(context, 'spec', () => scan(specDir, 'spec', context));
      await writeFile(join(context.out, 'spec.json'), serializeManifest(spec));
      return { ...fact, specDir, specDigest: spec.digest, ...(commit === undefined ? {} : { specCommit: commit }) };
    },
    // Not an input: the first run itself writes the pin.
    async stale(params, output) {
      if (params.distGit?.kind !== 'git') return undefined;
      const { specCommit, specDir } = output.data as SourceFact;
      if (specDir === undefined || !existsSync(specDir)) return 'the files of the dist-git commit are gone';
      const pinned = await pinnedCommit(params.distGit);
      return pinned === specCommit ? undefined : `custom-rpms.lock.yaml names another commit of ${params.distGit.git}`;
    },
  };
}

function scanSource(params: SourceParams, context: InputContext): Promise<Manifest> {
  return scan(params.dir, 'tree', context, ALSO_IGNORED);
}

async function scan(dir: string, what: string, context: InputContext, alsoIgnored: readonly string[] = []): Promise<Manifest> {
  const folder = join(context.workspace.state, 'scans');
  mkdirSync(folder, { recursive: true });
  return scanTree(dir, { cacheFile: join(folder, `${context.node.id}.${what}`), alsoIgnored, signal: context.signal });
}
