import type { Arch, Basesystem, Config, GraphNode } from '@crpm/core';

import type { BaseParams } from '../params.js';
import { placeId, places } from './ids.js';

/** One base image for each architecture of each base system that something is built for, or the one that indexes RPMs at hand. */
export function baseNodes(config: Config): readonly GraphNode[] {
  const wanted = isBuilt(config) ? places(config) : [indexPlace(config)];
  return wanted.map(({ arch, basesystem }) => {
    const params: BaseParams = {
      arch,
      engine: config.engine.kind,
      base: basesystem.base,
      tools: tools(config),
      packages: basesystem.packages,
      repos: basesystem.repos.map(({ name, baseUrl }) => ({ name, baseUrl })),
      enable: basesystem.enable,
      disable: basesystem.disable,
      network: config.engine.network,
      ...(basesystem.dist === undefined ? {} : { dist: basesystem.dist }),
      ...(basesystem.checkBuildRequires === undefined ? {} : { checkBuildRequires: basesystem.checkBuildRequires }),
    };
    return { id: placeId(config, 'base', { arch, basesystem }), kind: 'base', title: `base image of ${basesystem.name}`, needs: [], params };
  });
}

/** The base image in which `createrepo` runs: repodata is the same whatever machine writes it, so it is this machine's, where there is a choice. */
export function indexPlace(config: Config): { readonly arch: Arch; readonly basesystem: Basesystem } {
  const { arches, machine } = config;
  const [basesystem] = config.basesystems;
  const [first] = arches;
  if (basesystem === undefined || first === undefined) throw new Error('a config has at least one base system and architecture');
  const native = machine !== undefined && (arches.includes(machine) || !isBuilt(config)) ? machine : undefined;
  return { arch: native ?? first, basesystem };
}

function isBuilt({ packages }: Config): boolean {
  return packages.some(({ kind }) => kind === 'rpmbuild' || kind === 'meson-dist');
}

/** The programs that the nodes of this config call, in the order in which they are asked for. */
function tools(config: Config): readonly string[] {
  const kinds = new Set(config.packages.map((pkg) => pkg.kind));
  const builds = kinds.has('rpmbuild') || kinds.has('meson-dist');
  return [
    'createrepo_c',
    ...(builds ? ['rpmbuild', 'rpmspec', 'tar', 'xz', 'gzip'] : []),
    ...(kinds.has('rpmbuild') ? ['patch'] : []),
    ...(kinds.has('meson-dist') ? ['git', 'meson', 'ninja'] : []),
  ];
}
