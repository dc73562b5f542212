import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { FailureError, type Config, type GraphNode, type Input, type NodeKind, type Selected, type WorkspacePaths } from '@crpm/core';
import type { BaseParams, PrebuiltParams, SourceParams, TaskParams } from '@crpm/pipeline';

/** What a round is made from, as it was at one moment. */
export interface Look {
  /** Absolute folders whose direct entries matter, with those they lie in, up to the top of their tree. */
  readonly folders: ReadonlySet<string>;
  /** By node and name of the input, a line each. */
  readonly inputs: ReadonlyMap<string, Pick<Input, 'value' | 'parts'>>;
}

export interface LookOptions {
  readonly config: Config;
  readonly selected: Selected;
  readonly kinds: ReadonlyMap<string, NodeKind>;
  readonly workspace: WorkspacePaths;
  readonly signal: AbortSignal;
}

/**
 * Looks at everything of the user's that the selected nodes read: what their kinds declare is what counts, so a file that git ignores changes nothing. What a task makes
 * for another one is no edit: a round that made it anew would start one more.
 */
export async function look(options: LookOptions): Promise<Look> {
  const { config, selected } = options;
  const folders = new Set<string>([config.root, ...(config.file === undefined ? [] : [dirname(config.file)])]);
  const inputs = new Map<string, Pick<Input, 'value' | 'parts'>>();
  const nodes = [...selected.graph.nodes.values()].filter(({ id }) => selected.roles.get(id) !== 'skipped');
  const made = nodes.flatMap(({ kind, params }) => (kind === 'task' ? (params as TaskParams).outputs : [])).map((path) => `file/${normalize(path)}`);
  for (const node of nodes) {
    const places = placesOf(node, config);
    if (!places) continue;
    for (const root of places.roots) folders.add(nearest(root));
    for (const input of await inputsOf(node, options)) {
      if (node.kind === 'task' && made.some((path) => input.name === path || input.name.startsWith(`${path}/`))) continue;
      inputs.set(`${node.id}\n${input.name}`, input);
      for (const folder of places.foldersOf(input)) folders.add(folder);
    }
  }
  return { folders, inputs };
}

/** What differs between two looks, for people: `libvirt: src/a.c`, `greet: name.txt`. */
export function changedBetween(before: Look, after: Look): readonly string[] {
  const names: string[] = [];
  for (const key of new Set([...before.inputs.keys(), ...after.inputs.keys()])) {
    const [old, now] = [before.inputs.get(key), after.inputs.get(key)];
    if (old?.value === now?.value) continue;
    const [node = '', name = ''] = key.split('\n');
    const owner = node.replace(/\.[^.]+$/, '');
    const parts = old?.parts && now?.parts ? partsThatDiffer(old.parts, now.parts) : [];
    names.push(...(parts.length > 0 ? parts : [name.replace(/^(file|rpm|rpms)\//, '')]).map((part) => `${owner}: ${part}`));
  }
  return names;
}

function partsThatDiffer(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((part) => before.get(part) !== after.get(part)).sort();
}

/** A tree that can't be looked at (it is gone, it is being written) counts as one that changed: the round says what is wrong with it. */
async function inputsOf(node: GraphNode, { kinds, workspace, signal }: LookOptions): Promise<readonly Input[]> {
  const kind = kinds.get(node.kind);
  if (!kind) throw new Error(`${node.id} is of the unknown kind ${node.kind}`);
  try {
    return await kind.inputs(node.params, { node, needs: new Map(), workspace, signal });
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class === 'cancelled') throw error;
    return [{ name: 'state', value: error.failure.message }];
  }
}

interface Places {
  readonly roots: readonly string[];
  foldersOf(input: Input): Iterable<string>;
}

/** Where on this machine the inputs of a node are; nothing for nodes that read nothing of the user's. */
function placesOf(node: GraphNode, config: Config): Places | undefined {
  switch (node.kind) {
    case 'source': {
      const { tree, distGit } = node.params as SourceParams;
      const roots: Readonly<Record<string, string | undefined>> = { tree: tree.kind === 'dir' ? tree.dir : undefined, spec: distGit?.kind === 'dir' ? distGit.dir : undefined };
      return {
        roots: Object.values(roots).filter((root) => root !== undefined),
        foldersOf: ({ name, parts }) => parentsOf(roots[name], parts?.keys() ?? []),
      };
    }
    case 'prebuilt':
    case 'prebuilt-fetched':
      return { roots: (node.params as PrebuiltParams).rpms.flatMap((path) => [dirname(path), ...foldersBelow(path)]), foldersOf: () => [] };
    case 'base': {
      const { base } = node.params as BaseParams;
      return base.kind === 'dockerfile' ? { roots: [dirname(base.file), base.context], foldersOf: () => [] } : undefined;
    }
    case 'task':
      return { roots: [config.root], foldersOf: ({ name }) => parentsOf(config.root, name.startsWith('file/') ? [name.slice('file/'.length)] : []) };
    default:
      return undefined;
  }
}

/** The folders between a root and each of these paths, the root included. */
function* parentsOf(root: string | undefined, paths: Iterable<string>): Iterable<string> {
  if (root === undefined) return;
  const told = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '.' && !told.has(folder); folder = dirname(folder)) {
      told.add(folder);
      yield join(root, folder);
    }
  }
}

function foldersBelow(path: string): readonly string[] {
  try {
    return [path, ...readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(entry.parentPath, entry.name)] : []))];
  } catch {
    return []; // A file, or not there: its folder is watched.
  }
}

/** A folder, or the nearest one above it that is there: where it will appear. */
function nearest(folder: string): string {
  let found = folder;
  while (!existsSync(found) && dirname(found) !== found) found = dirname(found);
  return found;
}
