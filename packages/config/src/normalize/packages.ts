import type { Basesystem, BuildConfig, ByBasesystem, PackageConfig, PackageKind, PinConfig, SpecSource } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { ConfigFile, Source } from '../generated/config-file.js';
import { show } from '../yaml/nodes.js';
import { checkBuild, resolveBuild } from './build.js';
import { resolvePath } from './paths.js';
import { perBasesystem } from './per-basesystem.js';
import { treeKeys, upstreamOf } from './upstream.js';
import { specsOf } from './spec.js';
import { PRESETS, presetName, type Preset } from './presets.js';

/** What a source is resolved with, besides its own fields. */
export interface SourceContext {
  readonly file: ConfigFile;
  readonly root: string;
  /** None after a complaint about them: then nothing that hangs on them is complained about. */
  readonly basesystems: readonly Basesystem[];
  /** `CI=true`. */
  readonly ci: boolean;
  readonly complaints: Complaints;
}

/** The sources of a file as packages, in the order of the file. What a wrong one yields is of no use; the complaints say so. */
export function resolvePackages(context: SourceContext): readonly PackageConfig[] {
  const { file, complaints } = context;
  const sources = Object.entries(file.sources ?? {});
  checkBuild({ at: ['build'], build: file.build ?? {} }, complaints);
  checkNeeds(sources, complaints);
  const published = file.serve?.mode === 'published';
  const packages = sources.map(([name, source]) => (published ? publishedPackage(name, source, context) : builtPackage(name, source, context)));
  checkPins(packages, complaints);
  return packages;
}

function publishedPackage(name: string, source: Source, context: SourceContext): PackageConfig {
  const leftover = (['dir', 'git', 'ref', 'tarball', 'sha256', 'kind', 'spec', 'patches', 'rpms', 'needs', 'build'] as const).filter((key) => source[key] !== undefined);
  for (const key of leftover) {
    context.complaints.error(['sources', name, key], `serve.mode is published, so nothing is built: ${key} has no use here`, { part: 'key' });
  }
  const pin = pinOf(name, source);
  return { name, kind: 'published', specs: {}, patches: 'auto', rpms: [], needs: [], build: buildOf(name, source, context), ...(pin && { pin }) };
}

function builtPackage(name: string, source: Source, context: SourceContext): PackageConfig {
  const { root, complaints } = context;
  const at = ['sources', name];
  const preset = presetOf(name, source);
  const kind = kindOf(source, preset);
  checkBuild({ at: [...at, 'build'], build: source.build ?? {} }, complaints);
  checkFields(name, source, kind, complaints);
  const upstream = upstreamOf(name, source, root, complaints);
  const specs: ByBasesystem<SpecSource> = kind === 'prebuilt' ? {} : specsOf(name, source, preset, context);
  const pin = pinOf(name, source);
  return {
    name,
    kind,
    ...(source.dir !== undefined && { dir: resolvePath(source.dir, root, [...at, 'dir'], complaints) }),
    ...(upstream && { upstream }),
    specs,
    patches: source.patches ?? 'auto',
    ...rpmsOf(name, source, context),
    needs: source.needs ?? [],
    build: buildOf(name, source, context),
    ...(pin && { pin }),
  };
}

/** RPMs at hand: a list of all, or one for each base system. */
function rpmsOf(name: string, { rpms }: Source, context: SourceContext): Pick<PackageConfig, 'rpms' | 'rpmsOf'> {
  if (rpms === undefined) return { rpms: [] };
  const at = ['sources', name, 'rpms'];
  const absolute = (given: string | readonly string[]) => [given].flat().map((rpm) => resolvePath(rpm, context.root, at, context.complaints));
  if (typeof rpms === 'string' || Array.isArray(rpms)) return { rpms: absolute(rpms) };
  return { rpms: [], rpmsOf: Object.fromEntries([...perBasesystem<string | readonly string[]>(rpms, at, context)].map(([basesystem, given]) => [basesystem.name, absolute(given)])) };
}

function presetOf(name: string, source: Source): Preset | undefined {
  const known = presetName(name, source.preset);
  return known === undefined ? undefined : PRESETS.get(known);
}

/** What was given decides; a template inside the tree is for meson to fill in. */
function kindOf(source: Source, preset: Preset | undefined): Exclude<PackageKind, 'published'> {
  if (source.kind) return source.kind;
  if (source.rpms !== undefined && treeKeys(source).length === 0) return 'prebuilt';
  if (preset) return preset.kind;
  const tree = typeof source.spec === 'object' ? source.spec.tree : undefined;
  return tree?.endsWith('.in') ? 'meson-dist' : 'rpmbuild';
}

/** Fields that must be there for a kind, and those that contradict it. */
function checkFields(name: string, source: Source, kind: PackageKind, complaints: Complaints): void {
  const at = ['sources', name];
  if (kind === 'prebuilt') {
    if (source.rpms === undefined) complaints.error(at, `${name} is prebuilt and lacks rpms, the folder or files of its RPMs`, { part: 'key' });
    for (const key of ['dir', 'git', 'ref', 'tarball', 'sha256', 'spec', 'patches', 'needs', 'build'] as const) {
      if (source[key] !== undefined) complaints.error([...at, key], `${name} is prebuilt, so ${key} has no use; remove it`, { part: 'key' });
    }
  } else if (source.rpms !== undefined) {
    complaints.error([...at, 'rpms'], `${name} has both rpms and ${treeKeys(source)[0] ?? `kind: ${kind}`}; give the source tree or the RPMs`, { part: 'key' });
  } else if (treeKeys(source).length === 0) {
    complaints.error(at, `${name} has neither a source tree to build (dir, git or tarball) nor rpms, RPMs already at hand`, { part: 'key' });
  }
}

function buildOf(name: string, source: Source, { file, ci }: SourceContext): BuildConfig {
  return resolveBuild({ at: ['build'], build: file.build ?? {} }, { at: ['sources', name, 'build'], build: source.build ?? {} }, ci);
}

function pinOf(name: string, source: Source): PinConfig | undefined {
  if (!source.pin) return presetOf(name, source)?.pin;
  const { variable, rpms } = source.pin;
  const byArch = Array.isArray(rpms) ? { x86_64: rpms, aarch64: rpms, s390x: rpms } : rpms;
  return { variable, rpms: { x86_64: byArch.x86_64 ?? [], aarch64: byArch.aarch64 ?? [], s390x: byArch.s390x ?? [] } };
}

/** Known names only; circles are the graph's to find, it prints them whole. */
function checkNeeds(sources: readonly (readonly [string, Source])[], complaints: Complaints): void {
  const names = sources.map(([name]) => name);
  const known = new Set(names);
  for (const [name, { needs }] of sources) {
    for (const [index, need] of (needs ?? []).entries()) {
      const at = ['sources', name, 'needs', index];
      if (need === name) complaints.error(at, `${name} needs itself`);
      else if (!known.has(need)) {
        complaints.error(at, `${name} needs ${show(need)}, which is no source here; there are: ${names.join(', ')}`, { suggestion: { word: need, among: names } });
      }
    }
  }
}

/** One version variable can't carry two versions. */
function checkPins(packages: readonly PackageConfig[], complaints: Complaints): void {
  const owners = new Map<string, string>();
  for (const { name, pin } of packages) {
    if (!pin) continue;
    const owner = owners.get(pin.variable);
    if (owner !== undefined) complaints.error(['sources', name], `${name} and ${owner} both set ${pin.variable}; KubeVirt takes one version: give one of them preset: none`, { part: 'key' });
    else owners.set(pin.variable, name);
  }
}
