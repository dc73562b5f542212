import type { Arch, Basesystem, Config, GraphNode, PackageConfig } from '@crpm/core';

import type { ClosureParams, OutlookParams, PredictBuiltParams, PredictParams } from '../params.js';
import { baseNodes, indexPlace, isBuilt } from './base-nodes.js';
import { placeId, places } from './ids.js';
import { pinnedPackage, streamParams } from './kubevirt-params.js';

/** An architecture of a base system. */
export interface BuildPlace {
  readonly arch: Arch;
  readonly basesystem: Basesystem;
}

/** What comes of one package's spec, asked before it is built; nothing where no KubeVirt tree is to take it. */
export function predictNode(config: Config, pkg: PackageConfig, place: BuildPlace): GraphNode | undefined {
  const common = outlookParams(config, place);
  if (!common) return undefined;
  const elsewhere = config.packages.flatMap((other) => (other.name !== pkg.name && other.pin ? [other.pin.variable] : []));
  const params: PredictParams = { ...common, package: pinnedPackage(pkg), elsewhere };
  return { id: placeId(config, `${pkg.name}.predict`, place), kind: 'predict', group: pkg.name, title: `foresight of ${pkg.name}`, needs: [placeId(config, `${pkg.name}.buildroot`, place)], params };
}

/** What comes of all that was built, before KubeVirt's resolver is asked: its choice foretold, and whether all that is required is to be had. */
export function outlookNodes(config: Config): readonly GraphNode[] {
  const bases = new Set(baseNodes(config).map(({ id }) => id));
  return places(config).flatMap((place) => {
    const common = outlookParams(config, place);
    if (!common) return [];
    const predict: PredictBuiltParams = { ...common, packages: config.packages.map(pinnedPackage), foretold: config.packages.filter((pkg) => isBuilt(pkg) && pkg.arches?.includes(place.arch) !== false).map(({ name }) => name) };
    const runsIn = bases.has(placeId(config, 'base', place)) ? place : indexPlace(config);
    const closure: ClosureParams = { ...common, runsOn: runsIn.arch, network: config.engine.network };
    return [
      { id: placeId(config, 'predict', place), kind: 'predict-built', title: 'foresight of all that was built', needs: ['createrepo'], params: predict },
      { id: placeId(config, 'closure', place), kind: 'closure', title: 'what the RPMs require', needs: [placeId(config, 'base', runsIn), 'createrepo'], params: closure },
    ];
  });
}

function outlookParams(config: Config, { arch, basesystem }: BuildPlace): OutlookParams | undefined {
  const { kubevirt, rpmDeps, serve } = config;
  if (!kubevirt || serve.mode === 'published') return undefined;
  return { kubevirt: kubevirt.dir, stream: streamParams(config, basesystem), arch, crossArchEmulation: rpmDeps.crossArchEmulation, allowOfficial: rpmDeps.allowOfficial };
}
