import { existsSync, mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Input, InputContext, NodeKind, NodeOutput } from '@crpm/core';
import { manifestParts, parseManifest, scanTree, serializeManifest, type Manifest } from '@crpm/sources';

import { distGitFolder, pinnedCommit } from '../build/dist-git.js';
import { specInputs } from '../build/spec-inputs.js';
import type { SourceFact } from '../facts.js';
import type { SourceParams } from '../params.js';

/** Folders that QEMU's and libvirt's git ignores, and yet builds without network need: what `meson subprojects download` fetched. */
const ALSO_IGNORED = ['subprojects'];

/** The manifests in a result, by the name of the input that they are the content of. */
const MANIFESTS: ReadonlyMap<string, string> = new Map([
  ['tree', 'manifest.json'],
  ['spec', 'spec.json'],
]);

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
    version: 2,
    weight: 'light',
    async inputs(params, context) {
      const inputs: Input[] = [treeInput('tree', keep(context, 'tree', await scanSource(params, context)))];
      if (params.distGit?.kind === 'dir') inputs.push(treeInput('spec', keep(context, 'spec', await scan(params.distGit.dir, 'spec', context))));
      return inputs;
    },
    async recordedParts(output, input) {
      const file = MANIFESTS.get(input);
      return file === undefined || !output.files.some(({ path }) => path === file) ? undefined : manifestParts(await recorded(output, file));
    },
    async run(params, context) {
      context.report.status(`reading ${params.dir}`);
      const tree = await take(context, 'tree', () => scanSource(params, context));
      for (const warning of tree.warnings) context.report.warn(warning);
      await writeFile(join(context.out, 'manifest.json'), serializeManifest(tree));
      const fact = (distGit?: Manifest) => ({ digest: tree.digest, specInputs: specInputs(tree, params.specInTree, distGit), warnings: tree.warnings });
      if (!params.distGit) return { ...fact(), here: { dir: params.dir } } satisfies SourceFact;

      const { dir: specDir, commit } = await distGitFolder(params.distGit, context);
      const spec = await take(context, 'spec', () => scan(specDir, 'spec', context));
      await writeFile(join(context.out, 'spec.json'), serializeManifest(spec));
      return {
        ...fact(spec),
        specDigest: spec.digest,
        ...(commit === undefined ? {} : { specCommit: commit }),
        here: { dir: params.dir, specDir },
      } satisfies SourceFact;
    },
    // Not an input: the first run itself writes the pin.
    async stale(params, output) {
      if (params.distGit?.kind !== 'git') return undefined;
      const { specCommit, here } = output.data as SourceFact;
      if (here.specDir === undefined || !existsSync(here.specDir)) return 'the files of the dist-git commit are gone';
      const pinned = await pinnedCommit(params.distGit);
      return pinned === specCommit ? undefined : `custom-rpms.lock.yaml names another commit of ${params.distGit.git}`;
    },
  };
}

/** The parts are made only when somebody asks what changed. */
function treeInput(name: string, manifest: Manifest): Input {
  return {
    name,
    value: manifest.digest,
    get parts() {
      return manifestParts(manifest);
    },
  };
}

async function recorded(output: NodeOutput, file: string): Promise<Manifest> {
  const path = join(output.dir, file);
  return parseManifest(await readFile(path, 'utf8'), path);
}

function scanSource(params: SourceParams, context: InputContext): Promise<Manifest> {
  return scan(params.dir, 'tree', context, ALSO_IGNORED);
}

async function scan(dir: string, what: string, context: InputContext, alsoIgnored: readonly string[] = []): Promise<Manifest> {
  const folder = join(context.workspace.state, 'scans');
  mkdirSync(folder, { recursive: true });
  return scanTree(dir, { cacheFile: join(folder, `${context.node.id}.${what}`), alsoIgnored, signal: context.signal });
}
