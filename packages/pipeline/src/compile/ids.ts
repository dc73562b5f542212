import type { Arch, Basesystem, Config, PackageConfig } from '@crpm/core';

/** What a node is for. Without an architecture it is for all of them, without a base system likewise. */
export interface Place {
  readonly arch?: Arch;
  readonly basesystem?: Pick<Basesystem, 'stream'>;
}

type Matrix = Pick<Config, 'arches' | 'basesystems'>;

/**
 * `libvirt.rpmbuild`; with several architectures `libvirt.rpmbuild@aarch64`, with several base systems `libvirt.rpmbuild@cs10`, with both
 * `libvirt.rpmbuild@aarch64_cs10`, as KubeVirt names its trees.
 */
export function placeId({ arches, basesystems }: Matrix, id: string, { arch, basesystem }: Place): string {
  const parts = [...(arches.length > 1 && arch !== undefined ? [arch] : []), ...(basesystems.length > 1 && basesystem ? [`cs${basesystem.stream}`] : [])];
  return parts.length > 0 ? `${id}@${parts.join('_')}` : id;
}

/** What {@link placeId} made an id of. */
export interface PlacedId {
  /** `libvirt.rpmbuild` */
  readonly id: string;
  /** Absent: of all architectures, or there is only one. */
  readonly arch?: Arch;
  /** CentOS Stream number; absent likewise. */
  readonly stream?: number;
}

/** Takes an id apart again. */
export function readPlace(id: string): PlacedId {
  const [, bare, arch, stream] = /^(.*?)@(x86_64|aarch64|s390x)?_?(?:cs(\d+))?$/.exec(id) ?? [];
  if (bare === undefined) return { id };
  return { id: bare, ...(arch === undefined ? {} : { arch: arch as Arch }), ...(stream === undefined ? {} : { stream: Number(stream) }) };
}

/** Each architecture of each base system, in the order of the config. */
export function places({ arches, basesystems }: Matrix): readonly Required<{ arch: Arch; basesystem: Basesystem }>[] {
  return basesystems.flatMap((basesystem) => arches.map((arch) => ({ arch, basesystem })));
}

/** Those of them for which a package is built. */
export function placesOf(config: Matrix, { arches }: Pick<PackageConfig, 'arches'>): ReturnType<typeof places> {
  return places(config).filter(({ arch }) => arches?.includes(arch) !== false);
}
