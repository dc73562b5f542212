import { type Basesystem, type Config, distinctSpecs, forBasesystem, type GraphNode, type KeptElsewhere, type PackageConfig, type SpecSource, unreachable } from '@crpm/core';

import {
  type BuildrootParams,
  type DistParams,
  type PrebuiltParams,
  type RpmbuildInPlaceParams,
  type RpmbuildParams,
  type SourceParams,
  type SpecPlace,
  specOptions,
} from '../params.js';
import { type Place, placeId, placesOf } from './ids.js';
import { predictNode, type BuildPlace } from './outlook-nodes.js';
import { isAddress, lockFileOf, nameOf, treePlace } from './tree-place.js';

/** The nodes of one source package: its tree once, or with each spec where base systems have their own; the rest for each architecture of each base system. */
export function packageNodes(config: Config, pkg: PackageConfig): readonly GraphNode[] {
  const { kind } = pkg;
  switch (kind) {
    case 'published':
      return [];
    case 'prebuilt':
      return config.basesystems.flatMap((basesystem) => prebuiltNodes(config, pkg, basesystem));
    case 'rpmbuild':
    case 'rpmbuild-ta':
    case 'meson-dist':
    case 'autotools-dist':
    case 'srpm':
      return [...sourceNodes(config, pkg), ...placesOf(config, pkg).flatMap((place) => placeNodes(config, pkg, METHODS[kind], place))];
    default:
      return unreachable(kind);
  }
}

function prebuiltNodes(config: Config, pkg: PackageConfig, basesystem: Basesystem): readonly GraphNode[] {
  const rpms = pkg.rpmsOf ? forBasesystem(pkg.rpmsOf, basesystem) : pkg.rpms;
  if (!rpms) return [];
  const params: PrebuiltParams = { package: pkg.name, root: config.root, arches: config.arches, rpms, lockFile: lockFileOf(config), ...(pkg.rpmsOf ? {} : toldApart(config, basesystem)) };
  const node = { id: rpmsId(config, pkg.name, { basesystem }), kind: rpms.some(isAddress) ? 'prebuilt-fetched' : 'prebuilt', group: pkg.name, title: `RPMs of ${pkg.name} at hand`, needs: [], params };
  return [node];
}

/** RPMs of several base systems in one place. */
function toldApart({ basesystems }: Config, { name, dist }: Basesystem): Pick<PrebuiltParams, 'of'> {
  const otherDists = basesystems.flatMap((other) => (other.name === name || other.dist === undefined ? [] : [other.dist]));
  return dist === undefined || otherDists.length === 0 ? {} : { of: { basesystem: name, dist, otherDists } };
}

function sourceNodes(config: Config, pkg: PackageConfig): readonly GraphNode[] {
  const tree = treePlace(config, pkg);
  const nodes = config.basesystems.map((basesystem): GraphNode => {
    const params: SourceParams = { package: pkg.name, tree, ...specOfSource(config, basesystem, specOf(pkg, basesystem)) };
    return { id: sourceId(config, pkg, basesystem), kind: 'source', group: pkg.name, title: `snapshot of ${nameOf(tree)}`, needs: [], params };
  });
  return [...new Map(nodes.map((node) => [node.id, node])).values()];
}

/** One snapshot serves all base systems, unless they have specs of their own. */
function sourceId(config: Config, pkg: PackageConfig, basesystem: Basesystem): string {
  return placeId(config, `${pkg.name}.source`, distinctSpecs(pkg.specs).length > 1 ? { basesystem } : {});
}

function specOfSource(config: Config, basesystem: Basesystem, spec: SpecSource | undefined): Omit<SourceParams, 'package' | 'tree'> {
  switch (spec?.kind) {
    case 'dir':
      return { distGit: { kind: 'dir', dir: spec.dir }, ...elsewhere(spec, basesystem) };
    case 'git':
      return { distGit: { kind: 'git', git: spec.git, ref: spec.branch, lockFile: lockFileOf(config) }, ...elsewhere(spec, basesystem) };
    case 'tree':
      return { specInTree: spec.file ?? '' };
    case undefined:
      return {};
  }
}

function elsewhere({ sources, lookaside }: KeptElsewhere, basesystem: Basesystem): Pick<SourceParams, 'elsewhere'> {
  const url = lookaside !== undefined ? { url: lookaside } : basesystem.lookaside !== undefined ? { urlOfBasesystem: basesystem.lookaside } : undefined;
  return sources === undefined && !url ? {} : { elsewhere: { ...(sources === undefined ? {} : { given: sources }), ...url } };
}

interface Way {
  readonly method: DistParams['method'];
  /** Whether a `dev` build can go on in a tree that is there. */
  readonly inPlace: boolean;
}

/** How the archive comes about that a spec wants. */
const METHODS: Readonly<Record<Exclude<PackageConfig['kind'], 'prebuilt' | 'published'>, Way>> = {
  rpmbuild: { method: 'archive', inPlace: true },
  'rpmbuild-ta': { method: 'archive', inPlace: true },
  'meson-dist': { method: 'meson', inPlace: true },
  'autotools-dist': { method: 'autotools', inPlace: false },
  srpm: { method: 'none', inPlace: false },
};

function placeNodes(config: Config, pkg: PackageConfig, { method, inPlace }: Way, place: BuildPlace): readonly GraphNode[] {
  const { arch, basesystem } = place;
  const id = (step: string) => placeId(config, `${pkg.name}.${step}`, place);
  const source = sourceId(config, pkg, basesystem);
  const options = specOptions(config, basesystem, pkg);
  const common = { package: pkg.name, arch, options };
  const spec = specPlace(specOf(pkg, basesystem));

  const buildroot: BuildrootParams = { ...common, spec, network: config.engine.network, ...override(config, basesystem, pkg) };
  const dist: DistParams = { ...common, spec, method, patches: pkg.patches, network: config.engine.network };
  const { build } = pkg;
  const rpmbuild: RpmbuildParams = {
    ...common,
    check: build.check,
    debuginfo: build.debuginfo,
    ccache: build.ccache,
    profile: build.profile,
    ...(build.jobs === undefined ? {} : { jobs: build.jobs }),
    ...(build.memory === undefined ? {} : { memory: build.memory }),
  };
  const libraries = pkg.needs.map((need) => rpmsId(config, need, place));
  const node = (step: string, title: string, needs: readonly string[], params: GraphNode['params'], kind = step): GraphNode => ({
    id: id(step),
    kind,
    group: pkg.name,
    title,
    needs,
    params,
  });
  const root = node('buildroot', `build root of ${pkg.name}`, [placeId(config, 'base', place), source, ...libraries], buildroot);
  const predict = predictNode(config, pkg, place);
  const before = [root, ...(predict ? [predict] : [])];
  // Nothing is compiled of which it is known that KubeVirt can't take it.
  const ready = [source, ...before.map((one) => one.id)];
  if (build.profile === 'dev' && inPlace) {
    const { patches, network } = dist;
    const params: RpmbuildInPlaceParams = { ...rpmbuild, method, spec, patches, network };
    return [...before, node('rpmbuild', `RPMs of ${pkg.name}`, ready, params, 'rpmbuild-in-place')];
  }
  return [
    ...before,
    node('dist', pkg.kind === 'srpm' ? `spec of ${pkg.name}` : `source archive of ${pkg.name}`, [source, id('buildroot')], dist),
    node('rpmbuild', `RPMs of ${pkg.name}`, [...ready, id('dist')], rpmbuild),
  ];
}

/** The node that makes the RPMs of the package named `name`; RPMs at hand are of all architectures together. */
function rpmsId(config: Config, name: string, { arch, basesystem }: Place): string {
  const prebuilt = config.packages.find((pkg) => pkg.name === name)?.kind === 'prebuilt';
  return placeId(config, `${name}.rpmbuild`, { ...(prebuilt || arch === undefined ? {} : { arch }), ...(basesystem && { basesystem }) });
}

/** A source RPM has none: it is the dist-git folder of its own, with all that it names. */
function specOf(pkg: PackageConfig, basesystem: Basesystem): SpecSource | undefined {
  const spec = forBasesystem(pkg.specs, basesystem);
  if (!spec && pkg.kind !== 'srpm') throw new Error(`packageComplaints let ${pkg.name} through without a spec`);
  return spec;
}

function specPlace(spec: SpecSource | undefined): SpecPlace {
  return { in: spec?.kind === 'tree' ? 'tree' : 'dist-git', ...(spec?.file === undefined ? {} : { file: spec.file }) };
}

function override(config: Config, basesystem: Basesystem, pkg: PackageConfig): Pick<BuildrootParams, 'override'> {
  const variable = pkg.pin?.variable;
  const version = variable === undefined ? undefined : forBasesystem(config.rpmDeps.versions, basesystem)?.[variable];
  return variable === undefined || version === undefined ? {} : { override: { variable, version } };
}
