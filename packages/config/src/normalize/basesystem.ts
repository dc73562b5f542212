import path from 'node:path';
import type { Basesystem } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { Basesystem as BasesystemFile, ConfigFile } from '../generated/config-file.js';
import { show } from '../yaml/nodes.js';
import { resolvePath } from './paths.js';

const centosStream = (stream: number): Basesystem => ({
  name: `centos-stream-${stream}`,
  base: { kind: 'image', reference: `quay.io/centos/centos:stream${stream}` },
  dist: `.el${stream}`,
  stream,
  kubevirtBasesystem: 'centos-stream-release',
  specBranch: `c${stream}s`,
  lookaside: 'https://sources.stream.centos.org/sources/rpms',
  packages: [],
  repos: [],
  enable: ['crb'],
  disable: ['epel'],
  macros: {},
  checkBuildRequires: true,
  osRelease: { id: 'centos', version: String(stream) },
});

/** `host` leaves dist, os-release and the check of BuildRequires to be found on the machine. */
const BUILT_IN: ReadonlyMap<string, Basesystem> = new Map(
  [
    centosStream(9),
    centosStream(10),
    {
      name: 'host',
      base: { kind: 'host' },
      stream: 9,
      kubevirtBasesystem: 'centos-stream-release',
      packages: [],
      repos: [],
      enable: [],
      disable: [],
      macros: {},
    } satisfies Basesystem,
  ].map((basesystem) => [basesystem.name, basesystem]),
);

export const DEFAULT_BASESYSTEM = 'centos-stream-9';

/** The base systems that a config names, in its order; those that there are not, or that are incomplete, are left out after a complaint. */
export function resolveBasesystems(file: ConfigFile, root: string, complaints: Complaints): readonly Basesystem[] {
  const given = file.basesystem ?? DEFAULT_BASESYSTEM;
  const { resolved, known } = resolveAll(file, root, complaints);
  const found = [given].flat().flatMap((name, index) => {
    const at = typeof given === 'string' ? ['basesystem'] : ['basesystem', index];
    if (!resolved.has(name)) complaints.error(at, `there is no base system ${show(name)}; there are: ${known.join(', ')}`, { suggestion: { word: name, among: known } });
    const basesystem = resolved.get(name);
    return basesystem ? [{ at, basesystem }] : [];
  });
  for (const [index, { at, basesystem }] of found.entries()) {
    const other = found.slice(0, index).find((before) => before.basesystem.stream === basesystem.stream)?.basesystem;
    if (other) complaints.error(at, `${other.name} and ${basesystem.name} are both for CentOS Stream ${basesystem.stream}, and KubeVirt's trees go by that number: choose one of them`);
    else if (found.length > 1 && basesystem.base.kind === 'host') complaints.error(at, `${basesystem.name} is this machine's own base system, so there can be no other beside it`);
  }
  return found.map(({ basesystem }) => basesystem);
}

/** Every name that a config may use. */
export function basesystemNames(file: ConfigFile): readonly string[] {
  return [...new Set([...BUILT_IN.keys(), ...Object.keys(file.basesystems ?? {})])];
}

/** All of them are looked at, not only those in use. */
function resolveAll(file: ConfigFile, root: string, complaints: Complaints): { readonly resolved: ReadonlyMap<string, Basesystem | undefined>; readonly known: readonly string[] } {
  const own = new Map(Object.entries(file.basesystems ?? {}));
  const known = basesystemNames(file);
  // `undefined`: complained about.
  const resolved = new Map<string, Basesystem | undefined>(BUILT_IN);
  for (const each of own.keys()) {
    if (BUILT_IN.has(each)) complaints.error(['basesystems', each], `${each} is built in; give yours another name, and extends: ${each}`, { part: 'key' });
    // From this one up to the first that is known already, or that extends nothing; iterative, for chains may be long.
    const chain = new Map<string, BasesystemFile>();
    let next: string | undefined = each;
    while (next !== undefined && !resolved.has(next)) {
      const at = ['basesystems', [...chain.keys()].at(-1) ?? each, 'extends'];
      const found = own.get(next);
      if (!found) {
        complaints.error(at, `there is no base system ${show(next)}; there are: ${known.join(', ')}`, { suggestion: { word: next, among: known } });
        resolved.set(next, undefined);
      } else if (chain.has(next)) {
        complaints.error(at, `base systems extend each other in a circle: ${[...chain.keys(), next].join(' → ')}`);
        resolved.set(next, undefined);
      } else {
        chain.set(next, found);
        next = found.extends;
      }
    }
    let above = next === undefined ? undefined : resolved.get(next);
    const broken = next !== undefined && !above;
    for (const [link, fields] of [...chain].reverse()) {
      above = broken ? undefined : extend(above, link, fields, root, complaints);
      resolved.set(link, above);
    }
  }
  return { resolved, known };
}

/** The fields of a file's base system over those of what it extends. */
function extend(parent: Basesystem | undefined, name: string, file: BasesystemFile, root: string, complaints: Complaints): Basesystem | undefined {
  const at = ['basesystems', name];
  const base = baseOf(file, name, root, complaints) ?? parent?.base;
  const dist = file.dist ?? (file.host ? undefined : parent?.dist);
  const stream = file.stream ?? parent?.stream;
  const specBranch = file.specBranch ?? parent?.specBranch;
  const lookaside = file.lookaside ?? parent?.lookaside;
  const checkBuildRequires = file.checkBuildRequires ?? parent?.checkBuildRequires;
  const osRelease = file.osRelease ?? parent?.osRelease;
  if (!base) complaints.error(at, `${name} lacks a base: image, dockerfile, host or extends`, { part: 'key' });
  else if (base.kind !== 'host' && dist === undefined) complaints.error(at, `${name} lacks dist, as in .el9, or extends`, { part: 'key' });
  if (stream === undefined) complaints.error(at, `${name} lacks stream, the CentOS Stream number of KubeVirt's trees, or extends`, { part: 'key' });
  if (!base || stream === undefined) return undefined;
  const enable = file.enable ?? [];
  const disable = file.disable ?? [];
  for (const id of enable) if (disable.includes(id)) complaints.error([...at, 'enable'], `${name} both enables and disables ${id}`);
  return {
    name,
    base,
    ...(dist !== undefined && { dist }),
    stream,
    kubevirtBasesystem: file.kubevirtBasesystem ?? parent?.kubevirtBasesystem ?? 'centos-stream-release',
    ...(specBranch !== undefined && { specBranch }),
    ...(lookaside !== undefined && { lookaside }),
    packages: union(parent?.packages, file.packages),
    repos: [...(parent?.repos ?? []), ...(file.repos ?? [])],
    enable: union(parent?.enable, enable).filter((id) => !disable.includes(id)),
    disable: union(parent?.disable, disable).filter((id) => !enable.includes(id)),
    macros: { ...parent?.macros, ...file.macros },
    ...(checkBuildRequires !== undefined && { checkBuildRequires }),
    ...(osRelease && { osRelease }),
  };
}

function baseOf(file: BasesystemFile, name: string, root: string, complaints: Complaints): Basesystem['base'] | undefined {
  const at = ['basesystems', name];
  const given = (['image', 'dockerfile', 'host'] as const).filter((key) => file[key] !== undefined);
  if (given.length > 1) complaints.error([...at, given[1] ?? ''], `${name} has ${given.join(' and ')}; choose one`, { part: 'key' });
  if (file.context !== undefined && file.dockerfile === undefined) complaints.error([...at, 'context'], `${name} has a context without a dockerfile`, { part: 'key' });
  if (file.image !== undefined) return { kind: 'image', reference: file.image };
  if (file.dockerfile !== undefined) {
    const dockerfile = resolvePath(file.dockerfile, root, [...at, 'dockerfile'], complaints);
    const context = file.context === undefined ? path.dirname(dockerfile) : resolvePath(file.context, root, [...at, 'context'], complaints);
    return { kind: 'dockerfile', file: dockerfile, context };
  }
  return file.host ? { kind: 'host' } : undefined;
}

function union(inherited: readonly string[] | undefined, own: readonly string[] | undefined): readonly string[] {
  return [...new Set([...(inherited ?? []), ...(own ?? [])])];
}
