import { mkdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fail, type DeriveStep, type Image } from '@crpm/core';
import { LAYER_TAR_GZIP } from '@crpm/oci';
import { checkSignal } from '../cancelled.js';
import { baseVariables, DEFAULT_PATH } from '../environment.js';
import { goArchOf } from '../go-arch.js';
import { wrapperVariables, type Surroundings } from './cluster.js';
import { derivedConfig, variablesOf, type StoredImage } from './image-store.js';
import { pushInput } from './input-layer.js';
import { imageRecordName, metadataOf, shortHash, WORK } from './names.js';
import type { OwnerReference } from './objects.js';
import { isPassing, isStatus } from './kube-error.js';
import { createOrGet, referenceTo } from './run-owner.js';
import { untilAnswered, untilFetchable } from './until-answered.js';
import { removeWork } from './work.js';
import { runOnRoot } from './wrapper.js';

/** One Job runs the step; what it changed in the root file system is a layer on top of `from`. The image is recorded in the cluster as ours. */
export async function deriveInCluster(around: Surroundings, from: string, step: DeriveStep): Promise<Image> {
  const what = step.argv.join(' ');
  checkSignal(step.signal, what);
  const { labels } = step;
  const base = await around.images.require(from, { signal: step.signal });
  const run = await around.run(labels);
  const ordinal = around.ordinal(labels);
  const name = `crpm-work-${shortHash(`${randomBytes(8).toString('hex')}`, 20)}`;
  const owner = referenceTo(await untilAnswered(() => createOrGet(around.api, { metadata: { name, ...metadataOf(labels, 'work'), ownerReferences: [run.owner.reference] } })));
  let carrier: StoredImage | undefined;
  try {
    if (step.files) carrier = await withFiles(around, base, step, name);
    const layer = await runStep(around, { base, image: carrier ?? base, owner, place: [labels.workspace, labels.node, String(ordinal)], what, run }, step);
    const made = await around.images.put([...base.layers, layer], derivedConfig(base.config, labels), { signal: step.signal });
    await untilAnswered(() => record(around, made.digest, step, layer.descriptor.size));
    return { id: made.digest };
  } finally {
    step.files?.destroy();
    // The run's owner takes it too.
    await untilAnswered(() => removeWork(around, name, owner.uid)).catch((error: unknown) => {
      if (!isPassing(error)) throw error;
    });
    if (carrier) await around.images.remove(carrier.digest).catch(() => undefined);
  }
}

async function withFiles(around: Surroundings, base: StoredImage, { files, signal, labels }: DeriveStep, name: string): Promise<StoredImage> {
  if (!files) return base;
  mkdirSync(around.folder, { recursive: true });
  const layer = await pushInput(around.place.repository, files, { file: join(around.folder, `${name}.tar`), name: '000000.tar', signal });
  return around.images.put([...base.layers, layer], derivedConfig(base.config, { ...labels, run: 'shared' }), { signal });
}

interface Place {
  readonly base: StoredImage;
  readonly image: StoredImage;
  readonly owner: OwnerReference;
  readonly place: readonly string[];
  readonly what: string;
  readonly run: Awaited<ReturnType<Surroundings['run']>>;
}

async function runStep(around: Surroundings, { base, image, owner, place, what, run }: Place, step: DeriveStep) {
  const path = variablesOf(base.config)['PATH'] ?? DEFAULT_PATH;
  const { labels, annotations = {} } = metadataOf(step.labels, 'job');
  const last: string[] = [];
  const line = (text: string) => {
    last.push(text);
    if (last.length > 20) last.shift();
    step.line(text);
  };
  const plan = {
    labels: { ...labels, [WORK]: owner.name },
    annotations,
    owner,
    image: `${around.place.name}@${image.digest}`,
    goArch: goArchOf(step.arch),
    command: runOnRoot({ cwd: '/', argv: step.argv, env: { ...baseVariables(path, '/root', '/tmp'), ...step.env } }),
    env: wrapperVariables(around, path, ''),
    secret: await around.secret(step.labels),
    authorities: await around.authorities(step.labels),
  };
  const { report, told } = await around.jobs.run({ run, plan, place, what, signal: step.signal, line });
  if (report.kind === 'ran') {
    await untilFetchable(around.place.repository, report.log, step.signal);
    await told.complete(around.place.repository.pullBlob(report.log, { signal: step.signal }));
  }
  if (report.kind === 'oom' || report.oom) fail({ class: 'oom', message: `${what} was killed for lack of memory while the image was prepared`, next: 'Raise engine.resources.memory.', lines: last });
  if (report.exit !== 0) fail({ class: 'build', message: `${what} ended with exit code ${report.exit} while the image was prepared`, next: 'See the lines above; the whole output is in the log of the node.', lines: last });
  if (!report.out || report.diff === undefined) throw new Error('a step that succeeded reported no layer');
  return { descriptor: { mediaType: LAYER_TAR_GZIP, ...report.out }, diffId: report.diff };
}

/** Registries know no owners: an object in the cluster says whose the image is, and outlives the run. */
async function record({ api }: Surroundings, digest: string, { labels }: DeriveStep, bytes: number): Promise<void> {
  try {
    await api.create('configmaps', { metadata: { name: imageRecordName(digest), ...metadataOf(labels, 'image') }, data: { digest, bytes: String(bytes) } } as never);
  } catch (error) {
    if (!isStatus(error, 409)) throw error;
  }
}
