import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { RegistryConfig } from 'dockerode';
import { END_OF_ARCHIVE, packFiles, packPath } from '@crpm/archive';
import { fail, type Image, type ImageSource, type Labels, type PrepareOptions } from '@crpm/core';
import { findCredentials, type Credentials } from '@crpm/oci/credentials';
import { cancelled } from '../cancelled.js';
import { CA_NAMES, proxyVariables } from '../environment.js';
import { goArchOf } from '../go-arch.js';
import { toEngineLabels } from '../labels.js';
import { CA_PATH, certificates, type Certificates } from './certificates.js';
import { EngineError } from './client.js';
import { surroundings } from './connect.js';
import { inspectImage } from './image.js';
import { followProgress } from './progress.js';
import { pullFailure, type PullContext } from './pull.js';
import { parseReference } from './reference.js';

/** Names of ours in the build context. */
const DOCKERFILE = '.crpm.Dockerfile';
const BUNDLE = '.crpm-ca-bundle.crt';

export interface BuildContext extends PullContext {
  readonly network: 'bridge' | 'host';
}

/** Builds the config's Dockerfile. Nothing changed: the engine's own cache gives the same id again. */
export async function buildImage(context: BuildContext, source: Extract<ImageSource, { kind: 'dockerfile' }>, options: PrepareOptions): Promise<Image> {
  const { client, env } = context;
  const what = `building the image of ${source.file}`;
  const trust = certificates(env);
  // Without the run: a label that changes with each run would end the engine's cache.
  const dockerfile = withLabels(withCertificates(readDockerfile(source.file), trust), { ...options.labels, run: 'shared' });
  const wanted = goArchOf(options.arch);
  // One name for each node, which moves with its builds: an image that gathers names can't be removed by its id.
  const tag = `localhost/crpm-base:${createHash('sha256').update(`${options.labels.workspace}/${options.labels.node}/${wanted}`).digest('hex').slice(0, 16)}`;
  const query = {
    dockerfile: DOCKERFILE,
    t: tag,
    buildargs: proxyVariables(env),
    networkmode: context.network,
    rm: true,
    forcerm: true,
    ...(source.pull ? { pull: true } : {}),
    ...(wanted === context.goArch ? {} : { platform: `linux/${wanted}` }),
    // The type knows no identity tokens; the engine does.
    registryconfig: (await registryCredentials(dockerfile, env, (line) => options.line(line))) as RegistryConfig,
  };
  const body = Readable.from(archive(source.context, dockerfile, trust), { objectMode: false });
  let progress;
  try {
    // Answers when the whole context has arrived.
    const stream = await client.quick(what, (abortSignal) => client.docker.buildImage(body, { ...query, abortSignal: AbortSignal.any([abortSignal, options.signal]) }), 1_800_000);
    progress = await followProgress(client, what, stream as unknown as Readable, options, options.signal);
  } catch (error) {
    if (options.signal.aborted) throw cancelled(what);
    if (error instanceof EngineError) fail({ class: 'usage', message: `${what} failed: ${error.reason}`, next: 'Correct the Dockerfile, then run again.' }, error);
    throw error;
  } finally {
    body.destroy();
  }
  if (progress.error !== undefined) failBuild(what, progress.error, progress.lines);
  const built = await inspectImage(client, tag);
  if (!built) fail({ class: 'environment', message: `${what} ended without an error and without an image`, next: 'Look at the engine’s own log (journalctl -u docker).', lines: progress.lines });
  return { id: built.id };
}

function failBuild(what: string, error: string, lines: readonly string[]): never {
  const image = /(?:pull access denied for|manifest for) ([^\s,]+)/.exec(error)?.[1];
  if (image) fail({ ...pullFailure(parseReference(image), error), lines });
  fail({ class: 'build', message: `${what} failed: ${error}`, next: 'Correct the Dockerfile or what it runs; the whole output is in the log of the node.', lines });
}

function readDockerfile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    fail({ class: 'usage', message: `cannot read the Dockerfile ${file}: ${(error as Error).message}`, next: 'Correct basesystems.<name>.dockerfile in the config.' }, error);
  }
}

/** Copies the user's CA bundle in behind every FROM, so that each RUN finds it by the usual variables. */
export function withCertificates(dockerfile: string, trust: Pick<Certificates, 'pem'>): string {
  if (!trust.pem) return dockerfile;
  const insert = [`COPY ${BUNDLE} ${CA_PATH}`, `ENV ${CA_NAMES.map((name) => `${name}=${CA_PATH}`).join(' ')}`];
  const result: string[] = [];
  let inFrom = false;
  for (const line of dockerfile.split('\n')) {
    result.push(line);
    inFrom ||= /^\s*FROM\s/i.test(line);
    if (inFrom && !/\\\s*$/.test(line)) {
      // A stage from nothing has no program that could read it.
      if (!/^\s*FROM\s+(--\S+\s+)*scratch\b/i.test(line)) result.push(...insert);
      inFrom = false;
    }
  }
  return result.join('\n');
}

/** Labels the result in the Dockerfile itself: Podman adds those of the request in another order each time, and so misses its cache. */
function withLabels(dockerfile: string, labels: Labels): string {
  const pairs = Object.entries(toEngineLabels(labels)).map(([key, value]) => `${key}=${value}`);
  return `${dockerfile.trimEnd()}\nLABEL ${pairs.join(' ')}\n`;
}

/** The images that a Dockerfile starts from, stages and variables left out. */
export function baseImages(dockerfile: string): readonly string[] {
  const stages = new Set<string>();
  const images = new Set<string>();
  for (const match of dockerfile.replace(/\\\r?\n/g, ' ').matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/gim)) {
    const [, image, stage] = match;
    if (image && image !== 'scratch' && !image.includes('$') && !stages.has(image)) images.add(image);
    if (stage) stages.add(stage);
  }
  return [...images];
}

async function registryCredentials(dockerfile: string, env: NodeJS.ProcessEnv, warn: (line: string) => void): Promise<Record<string, Credentials>> {
  const registries = new Set(baseImages(dockerfile).map((image) => parseReference(image).registry));
  const found: Record<string, Credentials> = {};
  for (const registry of registries) {
    const credentials = await findCredentials(registry, surroundings(env), warn);
    if (credentials) found[credentials.serveraddress] = credentials;
  }
  return found;
}

/** The context without what `.dockerignore` names, then our own files, as one tar stream. */
async function* archive(folder: string, dockerfile: string, trust: Certificates): AsyncGenerator<Buffer> {
  const accept = await ignoreFilter(folder);
  yield* withoutEnd(packPath(Buffer.from(folder), '', accept));
  yield* packFiles([
    { path: DOCKERFILE, content: dockerfile, mtime: 0 },
    ...(trust.pem ? [{ path: BUNDLE, content: trust.pem, mtime: 0 }] : []),
  ]) as AsyncIterable<Buffer>;
}

/** Drops the end marker, so that another archive can follow. Holds back as many bytes as the marker has. */
async function* withoutEnd(tar: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { length } = END_OF_ARCHIVE;
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of tar) {
    const all = Buffer.concat([held, chunk]);
    const keep = Math.max(0, all.length - length);
    if (keep > 0) yield all.subarray(0, keep);
    held = all.subarray(keep);
  }
}

/** `.dockerignore`, by the library that dockerode itself uses. Exceptions (`!`) may lie below an ignored folder, so folders are always entered then. */
async function ignoreFilter(folder: string): Promise<(path: string, directory: boolean) => boolean> {
  const file = join(folder, '.dockerignore');
  if (!existsSync(file)) return () => true;
  const text = readFileSync(file, 'utf8');
  const { default: dockerignore } = await import('@balena/dockerignore');
  const rules = dockerignore({ ignorecase: false }).add(text);
  const exceptions = /^\s*!/m.test(text);
  return (path, directory) => {
    const name = Buffer.from(path, 'latin1').toString('utf8');
    return (exceptions && directory) || !rules.ignores(name);
  };
}
