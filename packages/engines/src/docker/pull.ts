import type { Readable } from 'node:stream';
import { fail, type Failure, type Image, type PrepareOptions } from '@crpm/core';
import { findCredentials } from '@crpm/oci/credentials';
import { archOf, goArchOf } from '../go-arch.js';
import { EngineError, type Client } from './client.js';
import { surroundings } from './connect.js';
import { inspectImage } from './image.js';
import { followProgress } from './progress.js';
import { isLocal, parseReference, type Reference } from './reference.js';

export interface PullContext {
  readonly client: Client;
  readonly env: NodeJS.ProcessEnv;
  /** Go's name of what the engine runs natively. */
  readonly goArch: string;
}

/** The image that a reference means, pulled if it is not there for this architecture, or when the user wants the newest. */
export async function prepareReference(context: PullContext, text: string, pull: boolean, options: PrepareOptions): Promise<Image> {
  const { client } = context;
  const reference = parseReference(text);
  const wanted = goArchOf(options.arch);
  const known = await inspectImage(client, text);
  if (known && known.goArch === wanted && (!pull || isLocal(reference))) return { id: known.id };
  if (isLocal(reference)) {
    const has = known ? `has ${text} for ${archOf(known.goArch)}, not for ${options.arch}` : `has no image ${text}`;
    fail({ class: 'usage', message: `the engine at ${client.address} ${has}, and names of localhost/ are in no registry`, next: `Make or load it (docker images lists what is there), or name another image in the basesystem.` });
  }
  await pullImage(context, reference, wanted, options);
  const pulled = await inspectImage(client, text);
  if (!pulled) fail({ class: 'environment', message: `the engine at ${client.address} pulled ${text} without a complaint, but has no such image`, next: 'Look at the engine’s own log (journalctl -u docker).' });
  if (pulled.goArch !== wanted) {
    fail({ class: 'usage', message: `${text} exists for ${archOf(pulled.goArch)} only; ${options.arch} is wanted`, next: 'Name an image of that architecture in the basesystem, or leave the architecture out of arch.' });
  }
  return { id: pulled.id };
}

async function pullImage({ client, env, goArch }: PullContext, reference: Reference, wanted: string, options: PrepareOptions): Promise<void> {
  const what = `pulling ${reference.text}`;
  const authconfig = await findCredentials(reference.registry, surroundings(env), (line) => options.line(line));
  const query = {
    fromImage: reference.digest === undefined ? reference.name : `${reference.name}@${reference.digest}`,
    ...(reference.digest === undefined ? { tag: reference.tag } : {}),
    // Only where it matters: older engines know the parameter as an experiment.
    ...(wanted === goArch ? {} : { platform: `linux/${wanted}` }),
  };
  let stream: Readable;
  try {
    // The engine asks the registry before it answers.
    stream = (await client.quick(what, (abortSignal) => client.docker.createImage(authconfig, { ...query, abortSignal }), 180_000)) as unknown as Readable;
  } catch (error) {
    if (error instanceof EngineError) fail(pullFailure(reference, error.reason), error);
    throw error;
  }
  const progress = await followProgress(client, what, stream, options, options.signal);
  if (progress.error !== undefined) fail(pullFailure(reference, progress.error));
}

/** What registries and networks say when it was only this once: too many requests, an error of theirs, a connection that broke. */
const PASSING = /toomanyrequests|too many requests|\b(?:status|http)(?: code)?:? (?:429|5\d\d)\b|internal server error|bad gateway|service unavailable|gateway time-?out|timeout|timed out|connection reset|unexpected EOF|: EOF$|temporary failure|server misbehaving/i;

/** A registry's refusal, told by what the user can do about it. */
export function pullFailure(reference: Reference, reason: string): Failure {
  const message = `cannot pull ${reference.text}: ${reason.trim()}`;
  if (/manifest.* (unknown|not found)|not found: manifest|name unknown|no such image|does not exist|repository .* not found|no matching manifest|invalid reference/i.test(reason)) {
    return { class: 'usage', message, next: `Check the name and tag in the basesystem; if ${reference.registry} keeps it private: docker login ${reference.registry}` };
  }
  if (/unauthorized|denied|authentication required|forbidden/i.test(reason)) return { class: 'environment', message, next: `Log in first: docker login ${reference.registry}` };
  const passing = PASSING.test(reason.trim()) ? { transient: true as const } : {};
  return { class: 'environment', cause: 'network', ...passing, message, next: 'See whether this machine reaches the registry, and whether the engine knows the proxy it needs; then run again.' };
}
