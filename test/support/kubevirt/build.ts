import { join } from 'node:path';
import type { Arch } from '@crpm/core';
import { parseEvr } from '@crpm/rpm';
import { buildRpms } from '../rpms.js';
import { isOn, PINNED, type PinnedSource, type Stream } from './distribution.js';

/** RPMs of one of the sources, by their names. */
export type BuiltRpms = ReadonlyMap<string, string>;

/** What the builds' versions have over the distribution's. */
export const SUFFIX = 'crpm0001';

/** Builds, from a small spec, every RPM that KubeVirt's trees hold of a source, and one more that none asks for; with the version of the distribution and a suffix. */
export async function buildSource(dir: string, source: PinnedSource, { stream, arch }: { readonly stream: Stream; readonly arch: Arch }): Promise<BuiltRpms> {
  const { epoch, version, release: official } = parseEvr(source.evr[stream])!; // of the distribution's own tables
  const release = `${official}.${SUFFIX}`;
  const exactly = `${epoch === 0 ? '' : `${epoch}:`}${version}-${release}`;
  const rpms = source.rpms.filter((rpm) => isOn(rpm, arch)).map(({ name, requires = [], exact = [], noarch }) => ({ name, requires: [...requires, ...exact.map((other) => `${other} = ${exactly}`)], ...(noarch ? { noarch } : {}) }));
  const spec = { source: source.source, ...(epoch === 0 ? {} : { epoch }), version, release, target: arch, rpms: [...rpms, { name: `${source.source}-extra` }] };
  const files = await buildRpms(join(dir, `cs${stream}`, arch, source.package), spec);
  return new Map(spec.rpms.map(({ name }) => [name, files.find((file) => file.includes(`/out/${name}-${version}-`)) ?? '']));
}

/** All ten, by the names that crpm has for them. */
export async function buildStack(dir: string, place: { readonly stream: Stream; readonly arch: Arch }): Promise<ReadonlyMap<string, BuiltRpms>> {
  return new Map(await Promise.all(PINNED.map(async (source) => [source.package, await buildSource(dir, source, place)] as const)));
}
