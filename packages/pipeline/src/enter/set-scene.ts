import { packFiles } from '@crpm/archive';
import { fail, FailureError, type Engine, type NodeContext, type NodeKind, type NodeOutput } from '@crpm/core';
import { exportSnapshot, hasSnapshot } from '@crpm/sources';
import { join } from 'node:path';

import { buildEnvironment } from '../build/reproducible.js';
import { labelsOf } from '../build/work.js';
import type { BaseFact, BuildrootFact, SourceFact } from '../facts.js';
import { stepOf } from '../needs.js';
import type { BuildrootParams, RpmbuildInPlaceParams } from '../params.js';
import { rehearse } from './rehearse.js';
import { NODE_SCRIPT, nodeScript, type Scene } from './scene.js';
import { treeScene } from './tree-scene.js';

/** Kinds of nodes whose programs run in a build root. */
export const ENTERED: ReadonlySet<string> = new Set(['base', 'buildroot', 'dist', 'rpmbuild', 'rpmbuild-in-place']);

export interface SceneRequest {
  readonly kind: NodeKind;
  readonly context: NodeContext;
  /** The node's own last good result. */
  readonly own?: NodeOutput;
  /** Whether it failed when it last ran: then that is what somebody wants to see. */
  readonly failed: boolean;
}

/** Makes a build root ready as a node finds it, with {@link NODE_SCRIPT} in it. */
export async function setScene(request: SceneRequest): Promise<Scene> {
  const scene = await sceneOf(request);
  const { node } = request.context;
  try {
    if (scene.program) await scene.work.put(packFiles([{ path: NODE_SCRIPT, content: nodeScript(node.id, scene.program), mode: 0o755 }]));
    return scene;
  } catch (error) {
    await scene.work.close();
    throw error;
  }
}

async function sceneOf({ kind, context, own, failed }: SceneRequest): Promise<Scene> {
  const { node } = context;
  switch (node.kind) {
    case 'base':
      return inImage(context, own && (own.data as BaseFact).here.image);
    case 'buildroot':
      return own && !failed ? inImage(context, (own.data as BuildrootFact).here.image) : fromSources(context, (needs) => rehearse(kind, needs));
    case 'rpmbuild-in-place':
      return treeScene(node.params as unknown as RpmbuildInPlaceParams, context);
    default:
      return fromSources(context, (needs) => rehearse(kind, needs));
  }
}

/** An empty folder in an image that a node made. */
async function inImage(context: NodeContext, image: string | undefined): Promise<Scene> {
  const { node, signal } = context;
  const engine: Engine = await context.engine();
  if (image === undefined || !(await engine.hasImage(image))) fail({ class: 'usage', message: `${node.id} has no image in ${engine.description}`, next: `crpm run ${node.id} makes one.` });
  const { arch } = node.params as unknown as Pick<BuildrootParams, 'arch'>;
  const work = await engine.openWork({ image, arch, labels: labelsOf(context), signal });
  return { work, what: `an empty work folder in ${node.kind === 'base' ? 'the base image' : 'its build root'}`, program: { argv: ['true'], env: buildEnvironment(work.root) } };
}

/** What is not in the tree any more as the last run read it comes from the snapshot of that run. */
async function fromSources(context: NodeContext, set: (context: NodeContext) => Promise<Scene>): Promise<Scene> {
  try {
    return await set(context);
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class !== 'source') throw error;
  }
  context.report.status('the tree has changed since: from the snapshot of the last run');
  return set({ ...context, needs: new Map(await Promise.all([...context.needs].map(async ([id, output]) => [id, stepOf(id) === 'source' ? await asItWas(context, id, output) : output] as const))) });
}

async function asItWas({ out, workspace, signal }: NodeContext, id: string, output: NodeOutput): Promise<NodeOutput> {
  const fact = output.data as SourceFact;
  const { here } = fact;
  const put = async (commit: string | undefined, name: string): Promise<string> => {
    if (commit === undefined || !(await hasSnapshot(workspace.cache, commit, signal))) {
      fail({ class: 'usage', message: `the tree of ${id} has changed since it was last read, and there is no snapshot of it`, next: `Run again (crpm run ${id}), then try again.` });
    }
    const dir = join(out, name);
    await exportSnapshot(workspace.cache, commit, dir, signal);
    return dir;
  };
  const dir = await put(here.snapshot, 'tree');
  const specDir = here.specDir === undefined ? undefined : here.specDir === here.dir ? dir : await put(here.specSnapshot, 'spec');
  return { ...output, data: { ...fact, here: { ...here, dir, ...(specDir === undefined ? {} : { specDir }) } } satisfies SourceFact };
}
