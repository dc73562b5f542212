import { type Arch, type Config, type GraphNode, type PackageConfig, unreachable } from '@crpm/core';

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
import { archId } from './ids.js';
import { lockFileOf, nameOf, treePlace } from './tree-place.js';

/** The nodes of one source package: its tree once, the rest for each architecture. */
export function packageNodes(config: Config, pkg: PackageConfig): readonly GraphNode[] {
  switch (pkg.kind) {
    case 'published':
      return [];
    case 'prebuilt':
      return [prebuiltNode(config, pkg)];
    case 'rpmbuild':
    case 'meson-dist':
      return [sourceNode(config, pkg), ...config.arches.flatMap((arch) => archNodes(config, pkg, arch))];
    default:
      return unreachable(pkg.kind);
  }
}

function prebuiltNode(config: Config, pkg: PackageConfig): GraphNode {
  const params: PrebuiltParams = { package: pkg.name, root: config.root, arches: config.arches, rpms: pkg.rpms };
  return { id: `${pkg.name}.rpmbuild`, kind: 'prebuilt', group: pkg.name, title: `RPMs of ${pkg.name} at hand`, needs: [], params };
}

function sourceNode(config: Config, pkg: PackageConfig): GraphNode {
  const tree = treePlace(config, pkg);
  const params: SourceParams = { package: pkg.name, tree, ...specOfSource(config, pkg) };
  return { id: `${pkg.name}.source`, kind: 'source', group: pkg.name, title: `snapshot of ${nameOf(tree)}`, needs: [], params };
}

function specOfSource(config: Config, pkg: PackageConfig): Pick<SourceParams, 'distGit' | 'specInTree'> {
  switch (pkg.spec?.kind) {
    case 'dir':
      return { distGit: { kind: 'dir', dir: pkg.spec.dir } };
    case 'git':
      return { distGit: { kind: 'git', git: pkg.spec.git, ref: pkg.spec.branch, lockFile: lockFileOf(config) } };
    case 'tree':
      return { specInTree: pkg.spec.file };
    case undefined:
      return {};
  }
}

function archNodes(config: Config, pkg: PackageConfig, arch: Arch): readonly GraphNode[] {
  const id = (step: string) => archId(config, `${pkg.name}.${step}`, arch);
  const source = `${pkg.name}.source`;
  const options = specOptions(config, pkg);
  const common = { package: pkg.name, arch, options };
  const spec = specPlace(pkg);

  const buildroot: BuildrootParams = { ...common, spec, network: config.engine.network, ...override(config, pkg) };
  const dist: DistParams = { ...common, spec, method: pkg.kind === 'meson-dist' ? 'meson' : 'archive', patches: pkg.patches, network: config.engine.network };
  const { build } = pkg;
  const rpmbuild: RpmbuildParams = {
    ...common,
    check: build.check,
    debuginfo: build.debuginfo,
    ccache: build.ccache,
    payload: build.profile === 'dev' ? 'quick' : 'spec',
    ...(build.jobs === undefined ? {} : { jobs: build.jobs }),
    ...(build.memory === undefined ? {} : { memory: build.memory }),
  };
  const libraries = pkg.needs.map((need) => rpmsId(config, need, arch));
  const node = (step: string, title: string, needs: readonly string[], params: GraphNode['params'], kind = step): GraphNode => ({
    id: id(step),
    kind,
    group: pkg.name,
    title,
    needs,
    params,
  });
  const root = node('buildroot', `build root of ${pkg.name}`, [archId(config, 'base', arch), source, ...libraries], buildroot);
  if (build.profile === 'dev') {
    const { method, patches, network } = dist;
    const inPlace: RpmbuildInPlaceParams = { ...rpmbuild, method, spec, patches, network };
    return [root, node('rpmbuild', `RPMs of ${pkg.name}`, [source, id('buildroot')], inPlace, 'rpmbuild-in-place')];
  }
  return [
    root,
    node('dist', `source archive of ${pkg.name}`, [source, id('buildroot')], dist),
    node('rpmbuild', `RPMs of ${pkg.name}`, [source, id('buildroot'), id('dist')], rpmbuild),
  ];
}

/** The node that makes the RPMs of the package named `name`; RPMs at hand are of all architectures together. */
function rpmsId(config: Config, name: string, arch: Arch): string {
  const prebuilt = config.packages.find((pkg) => pkg.name === name)?.kind === 'prebuilt';
  return prebuilt ? `${name}.rpmbuild` : archId(config, `${name}.rpmbuild`, arch);
}

function specPlace(pkg: PackageConfig): SpecPlace {
  const { spec } = pkg;
  if (!spec) throw new Error(`packageComplaints let ${pkg.name} through without a spec`);
  if (spec.kind === 'tree') return { in: 'tree', file: spec.file };
  return { in: 'dist-git', ...(spec.file === undefined ? {} : { file: spec.file }) };
}

function override(config: Config, pkg: PackageConfig): Pick<BuildrootParams, 'override'> {
  const variable = pkg.pin?.variable;
  const version = variable === undefined ? undefined : config.rpmDeps.versions[variable];
  return variable === undefined || version === undefined ? {} : { override: { variable, version } };
}
