import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { distinctSpecs, type Config, type ConfigPath, type Diagnostic, type KeptElsewhere, type PackageConfig, type SpecSource } from '@crpm/core';

import { knowsVariable } from '../kubevirt/pins.js';
import { isAddress } from './tree-place.js';

/** What is wrong, and with which key of the config. */
interface Complaint {
  readonly path: ConfigPath;
  readonly message: string;
}

/**
 * Looks at the folders that a config names, before anything starts: trees, specs, RPMs at hand, the KubeVirt tree. All complaints
 * at once; only names are read, and of content nothing but KubeVirt's script. Packages in `skip` are left alone.
 */
export function checkTrees(config: Config, skip: readonly string[] = []): readonly Diagnostic[] {
  const packages = config.packages.filter((pkg) => !skip.includes(pkg.name));
  return [...packages.flatMap(packageComplaints), ...kubevirtComplaints(config, packages)].map((complaint) => ({ severity: 'error', ...complaint }));
}

/** A complaint that begins with the keys it is about; an index is for the place alone. */
function about(path: ConfigPath, message: string): Complaint {
  return { path, message: `${path.filter((key) => typeof key === 'string').join('.')}: ${message}` };
}

function packageComplaints(pkg: PackageConfig): readonly Complaint[] {
  if (pkg.kind === 'published') return [];
  if (pkg.kind === 'prebuilt') {
    const given = [...pkg.rpms.map((path, index) => ({ path, at: index })), ...Object.entries(pkg.rpmsOf ?? {}).flatMap(([name, paths]) => paths.map((path) => ({ path, at: name })))];
    return given.flatMap(({ path, at }) => (isAddress(path) || existsSync(path) ? [] : [about(['sources', pkg.name, 'rpms', at], `${path} does not exist`)]));
  }
  const { upstream } = pkg;
  if (upstream !== undefined && upstream.kind !== 'git' && !isAddress(upstream.at)) return [...fileComplaints(['sources', pkg.name, upstream.kind], upstream.at), ...distGitComplaints(pkg)];
  const tree = pkg.dir === undefined ? [] : folderComplaints(['sources', pkg.name, 'dir'], pkg.dir);
  if (tree.length > 0) return [...tree, ...distGitComplaints(pkg)];
  return [...treeComplaints(pkg), ...distGitComplaints(pkg)];
}

/** What a tree that is there must hold. */
function treeComplaints({ name, kind, dir, specs }: PackageConfig): readonly Complaint[] {
  if (dir === undefined) return [];
  return [
    ...(kind === 'meson-dist' && !existsSync(join(dir, 'meson.build')) ? [about(['sources', name, 'dir'], `${dir} has no meson.build, so it is no tree for meson dist`)] : []),
    ...(kind === 'autotools-dist' && !['configure', 'configure.ac', 'configure.in'].some((file) => existsSync(join(dir, file))) ? [about(['sources', name, 'dir'], `${dir} has no configure.ac, so it is no tree for make dist`)] : []),
    ...distinctSpecs(specs).flatMap((spec) => (spec.kind === 'tree' && spec.file !== undefined && !existsSync(join(dir, spec.file)) ? [about(['sources', name, 'spec'], `${dir} has no file ${spec.file}`)] : [])),
  ];
}

function distGitComplaints({ name, specs }: PackageConfig): readonly Complaint[] {
  return distinctSpecs(specs).flatMap((spec) => (spec.kind === 'tree' ? [] : [...sourcesComplaints(name, spec), ...(spec.kind === 'dir' ? specFolderComplaints(name, spec) : [])]));
}

function sourcesComplaints(name: string, { sources }: KeptElsewhere): readonly Complaint[] {
  return sources === undefined ? [] : folderComplaints(['sources', name, 'spec', 'sources'], sources);
}

function specFolderComplaints(name: string, spec: Extract<SpecSource, { kind: 'dir' }>): readonly Complaint[] {
  const at = ['sources', name, 'spec'];
  const folder = folderComplaints(at, spec.dir);
  if (folder.length > 0) return folder;
  if (spec.file !== undefined) return existsSync(join(spec.dir, spec.file)) ? [] : [about(at, `${spec.dir} has no file ${spec.file}`)];
  const specs = readdirSync(spec.dir).filter((file) => file.endsWith('.spec'));
  if (specs.length === 1) return [];
  return [about(at, specs.length === 0 ? `${spec.dir} has no .spec file` : `${spec.dir} has several specs (${specs.sort().join(', ')}): set file to one of them`)];
}

function kubevirtComplaints(config: Config, packages: readonly PackageConfig[]): readonly Complaint[] {
  if (!config.kubevirt) return [];
  const { dir } = config.kubevirt;
  const at = ['kubevirt', 'dir'];
  const ways = config.file === undefined ? 'start crpm in a KubeVirt tree, or let crpm init write a config that does without' : 'name one, or write kubevirt: false to end with a served repository';
  const folder = folderComplaints(at, dir);
  if (folder.length > 0) return folder.map((complaint) => ({ ...complaint, message: `${complaint.message}; ${ways}` }));
  const script = join(dir, 'hack', 'rpm-deps.sh');
  if (!existsSync(script)) return [about(at, `${dir} has no hack/rpm-deps.sh, so it is no KubeVirt tree; ${ways}`)];
  const text = readFileSync(script, 'utf8');
  return packages.flatMap(({ name, pin }) => (pin === undefined || knowsVariable(text, pin.variable) ? [] : [unknownVariable(name, pin.variable, script)]));
}

/** Hours of building would end in a KubeVirt that can't be told about them. */
function unknownVariable(name: string, variable: string, script: string): Complaint {
  const message = `${script} does not know ${variable}, so it can't be told which ${name} to take; name the variable that it reads under sources.${name}.pin, or, where KubeVirt has no such RPM, set preset: none`;
  return { path: ['sources', name], message };
}

function fileComplaints(at: ConfigPath, file: string): readonly Complaint[] {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return [about(at, `${file} does not exist`)];
  return stat.isFile() ? [] : [about(at, `${file} is no file; a folder goes under dir`)];
}

function folderComplaints(at: ConfigPath, dir: string): readonly Complaint[] {
  const stat = statSync(dir, { throwIfNoEntry: false });
  if (!stat) return [about(at, `${dir} does not exist`)];
  if (!stat.isDirectory()) return [about(at, `${dir} is no folder`)];
  try {
    accessSync(dir, constants.R_OK | constants.X_OK);
  } catch {
    return [about(at, `${dir} can't be read`)];
  }
  return readdirSync(dir).length === 0 ? [about(at, `${dir} is empty`)] : [];
}
