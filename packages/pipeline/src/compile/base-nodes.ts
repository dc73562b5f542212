import { distinctSpecs, type Config, type GraphNode } from '@crpm/core';

import type { BaseParams } from '../params.js';
import { placeId, places } from './ids.js';

/** One base image for each architecture of each base system that something is built for, or the one that indexes RPMs at hand. */
export function baseNodes(config: Config): readonly GraphNode[] {
  const built = builtPlaces(config);
  return (built.length > 0 ? built : [indexPlace(config)]).map(({ arch, basesystem }) => {
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
export function indexPlace(config: Config): Place {
  const built = builtPlaces(config);
  const [arch] = config.arches;
  const [basesystem] = config.basesystems;
  if (basesystem === undefined || arch === undefined) throw new Error('a config has at least one base system and architecture');
  return built.find((place) => place.arch === config.machine) ?? built[0] ?? { arch: config.machine ?? arch, basesystem };
}

type Place = ReturnType<typeof places>[number];

/** Where something is built. */
function builtPlaces(config: Config): readonly Place[] {
  const built = config.packages.filter(isBuilt);
  return places(config).filter(({ arch }) => built.some(({ arches }) => arches?.includes(arch) !== false));
}

export function isBuilt({ kind }: Config['packages'][number]): boolean {
  return kind !== 'prebuilt' && kind !== 'published';
}

/** The programs that the nodes of this config call, in the order in which they are asked for. */
function tools(config: Config): readonly string[] {
  const built = config.packages.filter(isBuilt);
  const kinds = new Set(built.map((pkg) => pkg.kind));
  return [
    'createrepo_c',
    ...(built.length > 0 ? ['rpmbuild', 'rpmspec', 'tar', 'xz', 'gzip'] : []),
    // A spec in a tree for meson has no patches.
    ...(built.some(({ kind, specs }) => kind !== 'meson-dist' || distinctSpecs(specs).some((spec) => spec.kind !== 'tree')) ? ['patch'] : []),
    ...(kinds.has('meson-dist') ? ['git', 'meson', 'ninja'] : []),
    ...(kinds.has('autotools-dist') ? ['autoreconf', 'automake', 'make'] : []),
  ];
}
