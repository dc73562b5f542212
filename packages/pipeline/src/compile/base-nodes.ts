import type { Config, GraphNode } from '@crpm/core';

import type { BaseParams } from '../params.js';
import { archId } from './ids.js';

/** One base image for each architecture. */
export function baseNodes(config: Config): readonly GraphNode[] {
  const { basesystem } = config;
  return config.arches.map((arch) => {
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
    return { id: archId(config, 'base', arch), kind: 'base', title: `base image of ${basesystem.name}`, needs: [], params };
  });
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
