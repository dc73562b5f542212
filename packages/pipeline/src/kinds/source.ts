import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Input, NodeKind, NodeOutput } from '@crpm/core';
import { manifestParts, parseManifest, rememberedSha256, serializeManifest, type Manifest, type TakeLook } from '@crpm/sources';

import { specInputs } from '../build/spec-inputs.js';
import { nameOf } from '../compile/tree-place.js';
import type { SourceFact } from '../facts.js';
import type { SourceParams } from '../params.js';
import { whyTreesMoved } from '../source/at-hand.js';
import { recordTree } from '../source/record.js';
import { memoryFile, Scans, type Role } from '../source/scans.js';
import { SOURCE_CONFIG_PATHS } from './config-paths.js';

/** The manifests in a result, by the name of the input that they are the content of. */
const MANIFESTS: ReadonlyMap<string, string> = new Map<Role, string>([
  ['tree', 'manifest.json'],
  ['spec', 'spec.json'],
]);

/**
 * A source tree as it stands, and its dist-git folder: names and digests, and a snapshot in crpm's own git repository. The build reads the
 * trees themselves: those who send them into an engine check every byte against the manifest.
 */
export function sourceKind({ look }: { readonly look?: TakeLook | undefined } = {}): NodeKind<SourceParams> {
  const scans = new Scans(look);
  return {
    name: 'source',
    version: 4,
    weight: 'light',
    configPaths: SOURCE_CONFIG_PATHS,
    async inputs({ tree, distGit }, context) {
      const inputs: Input[] = [];
      if (tree.kind === 'dir') inputs.push(treeInput('tree', await scans.look(context, 'tree', tree.dir)));
      if (tree.kind === 'archive') inputs.push({ name: tree.format, value: await rememberedSha256(tree.file, memoryFile(context, 'tree', '.archive'), context.signal) });
      if (distGit?.kind === 'dir') inputs.push(treeInput('spec', await scans.look(context, 'spec', distGit.dir)));
      return inputs;
    },
    async recordedParts(output, input) {
      const file = MANIFESTS.get(input);
      return file === undefined || !output.files.some(({ path }) => path === file) ? undefined : manifestParts(await recorded(output, file));
    },
    async run(params, context) {
      context.report.status(`reading ${nameOf(params.tree)}`);
      const { manifest, ...tree } = await recordTree(context, 'tree', params.tree, scans);
      for (const warning of manifest.warnings) context.report.warn(warning);
      await writeFile(join(context.out, 'manifest.json'), serializeManifest(manifest));
      const fact = (distGit?: Manifest) => ({ digest: manifest.digest, specInputs: specInputs(manifest, params.specInTree, distGit), warnings: manifest.warnings });
      if (params.tree.kind !== 'dir' && params.tree.kind !== 'git' && params.tree.format === 'srpm') {
        // It is the dist-git folder of its own.
        await writeFile(join(context.out, 'spec.json'), serializeManifest(manifest));
        return { ...fact(manifest), specDigest: manifest.digest, here: { ...tree, specDir: tree.dir } } satisfies SourceFact;
      }
      if (!params.distGit) return { ...fact(), here: tree } satisfies SourceFact;

      const spec = await recordTree(context, 'spec', params.distGit, scans);
      await writeFile(join(context.out, 'spec.json'), serializeManifest(spec.manifest));
      const ofSpec = { specDir: spec.dir, ...(spec.pin === undefined ? {} : { specPin: spec.pin }), ...(spec.snapshot === undefined ? {} : { specSnapshot: spec.snapshot }), ...(params.elsewhere ? { elsewhere: placesOf(params.elsewhere) } : {}) };
      return { ...fact(spec.manifest), specDigest: spec.manifest.digest, here: { ...tree, ...ofSpec } } satisfies SourceFact;
    },
    // The pins are no inputs: the first run itself writes them.
    stale: whyTreesMoved,
  };
}

function placesOf({ given, urlOfBasesystem, url = urlOfBasesystem }: NonNullable<SourceParams['elsewhere']>): NonNullable<SourceFact['here']['elsewhere']> {
  return { ...(given === undefined ? {} : { given }), ...(url === undefined ? {} : { url }) };
}

/** The parts are made only when somebody asks what changed. */
function treeInput(name: Role, manifest: Manifest): Input {
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
