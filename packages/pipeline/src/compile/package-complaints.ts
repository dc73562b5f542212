import { forBasesystem, type Config, type PackageConfig } from '@crpm/core';

/** What can't become a graph, although each value alone is valid. */
export function packageComplaints(config: Config): readonly string[] {
  return config.packages.flatMap((pkg) => [...missing(config, pkg), ...foreign(config, pkg), ...elsewhere(config, pkg), ...published(config, pkg)]);
}

function missing(config: Config, pkg: PackageConfig): readonly string[] {
  if (pkg.kind === 'prebuilt') return (pkg.rpmsOf ? Object.values(pkg.rpmsOf).flat() : pkg.rpms).length === 0 ? [`sources.${pkg.name} has no RPMs: name files, folders or addresses under rpms`] : [];
  if (pkg.kind === 'published') return [];
  return [
    ...(pkg.dir === undefined && pkg.upstream === undefined ? [`sources.${pkg.name} has no tree: set dir, git, tarball or srpm`] : []),
    ...(pkg.kind !== 'srpm' && config.basesystems.some((basesystem) => !forBasesystem(pkg.specs, basesystem)) ? [`sources.${pkg.name} has no spec: set spec to a dist-git folder, a {git, branch}, or a file in the tree`] : []),
  ];
}

/** Its RPMs must come out of this graph, or the build root can't have them. */
function foreign(config: Config, pkg: PackageConfig): readonly string[] {
  const built = config.packages.filter((other) => other.kind !== 'published').map((other) => other.name);
  return pkg.needs
    .filter((need) => !built.includes(need))
    .map((need) =>
      config.packages.some((other) => other.name === need)
        ? `sources.${pkg.name}.needs names ${need}, whose RPMs are already published: name that repository under basesystems.<name>.repos instead`
        : `sources.${pkg.name}.needs names ${need}, which is no source; the sources are: ${config.packages.map((other) => other.name).join(', ')}`,
    );
}

/** What its build root needs must be built where it is. */
function elsewhere(config: Config, pkg: PackageConfig): readonly string[] {
  const needs = config.packages.filter((other) => pkg.needs.includes(other.name) && other.arches);
  return needs.flatMap(({ name, arches }) => {
    const lacking = (pkg.arches ?? config.arches).filter((arch) => !arches?.includes(arch));
    return lacking.length === 0 ? [] : [`sources.${pkg.name}.needs names ${name}, which is not built for ${lacking.join(', ')}: set sources.${name}.arch`];
  });
}

function published(config: Config, pkg: PackageConfig): readonly string[] {
  if ((pkg.kind === 'published') === (config.serve.mode === 'published')) return [];
  return pkg.kind === 'published'
    ? [`sources.${pkg.name} is already published, but serve does not say where: set serve.baseUrl and serve.mode: published`]
    : [`serve.mode is published, so sources.${pkg.name} would be built and never used: remove dir and rpms from it, or choose another serve.mode`];
}
