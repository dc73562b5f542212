import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { Config, Diagnostic, PackageConfig } from '@crpm/core';

/**
 * Looks at the folders that a config names, before anything starts: trees, specs, RPMs at hand, the KubeVirt tree. All complaints
 * at once; only names are read, no content. Packages in `skip` are left alone.
 */
export function checkTrees(config: Config, skip: readonly string[] = []): readonly Diagnostic[] {
  const packages = config.packages.filter((pkg) => !skip.includes(pkg.name));
  return [...packages.flatMap(packageComplaints), ...kubevirtComplaints(config)].map((message) => ({ severity: 'error', message }));
}

function packageComplaints(pkg: PackageConfig): readonly string[] {
  const at = `sources.${pkg.name}`;
  if (pkg.kind === 'published') return [];
  if (pkg.kind === 'prebuilt') {
    return pkg.rpms.filter((path) => !existsSync(path)).map((path) => `${at}.rpms: ${path} does not exist`);
  }
  const tree = pkg.dir === undefined ? [] : folderComplaints(`${at}.dir`, pkg.dir);
  if (tree.length > 0) return [...tree, ...distGitComplaints(pkg)];
  return [...treeComplaints(pkg), ...distGitComplaints(pkg)];
}

/** What a tree that is there must hold. */
function treeComplaints(pkg: PackageConfig): readonly string[] {
  const { dir, spec } = pkg;
  if (dir === undefined) return [];
  const at = `sources.${pkg.name}`;
  return [
    ...(pkg.kind === 'meson-dist' && !existsSync(join(dir, 'meson.build')) ? [`${at}.dir: ${dir} has no meson.build, so it is no tree for meson dist`] : []),
    ...(spec?.kind === 'tree' && !existsSync(join(dir, spec.file)) ? [`${at}.spec: ${dir} has no file ${spec.file}`] : []),
  ];
}

function distGitComplaints(pkg: PackageConfig): readonly string[] {
  const { spec } = pkg;
  if (spec?.kind !== 'dir') return [];
  const at = `sources.${pkg.name}.spec`;
  const folder = folderComplaints(at, spec.dir);
  if (folder.length > 0) return folder;
  if (spec.file !== undefined) return existsSync(join(spec.dir, spec.file)) ? [] : [`${at}: ${spec.dir} has no file ${spec.file}`];
  const specs = readdirSync(spec.dir).filter((name) => name.endsWith('.spec'));
  if (specs.length === 1) return [];
  return [specs.length === 0 ? `${at}: ${spec.dir} has no .spec file` : `${at}: ${spec.dir} has several specs (${specs.sort().join(', ')}): set file to one of them`];
}

function kubevirtComplaints(config: Config): readonly string[] {
  if (!config.kubevirt) return [];
  const { dir } = config.kubevirt;
  const folder = folderComplaints('kubevirt.dir', dir);
  if (folder.length > 0) return folder;
  return existsSync(join(dir, 'hack', 'rpm-deps.sh')) ? [] : [`kubevirt.dir: ${dir} has no hack/rpm-deps.sh, so it is no KubeVirt tree`];
}

function folderComplaints(at: string, dir: string): readonly string[] {
  const stat = statSync(dir, { throwIfNoEntry: false });
  if (!stat) return [`${at}: ${dir} does not exist`];
  if (!stat.isDirectory()) return [`${at}: ${dir} is no folder`];
  try {
    accessSync(dir, constants.R_OK | constants.X_OK);
  } catch {
    return [`${at}: ${dir} can't be read`];
  }
  return readdirSync(dir).length === 0 ? [`${at}: ${dir} is empty`] : [];
}
