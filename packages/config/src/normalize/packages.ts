import { distinctSpecs, type Arch, type Basesystem, type BuildConfig, type PackageConfig, type PinConfig } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { ConfigFile, Source } from '../generated/config-file.js';
import { show } from '../yaml/nodes.js';
import { checkBuild, resolveBuild } from './build.js';
import { checkFields, type BuiltKind } from './check-fields.js';
import { resolvePath } from './paths.js';
import { PRESETS, presetName, presetPin, type Preset } from './presets.js';
import { rpmsOf } from './rpms.js';
import { specsOf } from './spec.js';
import { treeKeys, upstreamOf } from './upstream.js';

/** What a source is resolved with, besides its own fields. */
export interface SourceContext {
  readonly file: ConfigFile;
  readonly root: string;
  /** None after a complaint about them: then nothing that hangs on them is complained about. */
  readonly basesystems: readonly Basesystem[];
  readonly arches: readonly Arch[];
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
  const leftover = (['dir', 'git', 'ref', 'tarball', 'srpm', 'sha256', 'kind', 'spec', 'patches', 'rpms', 'needs', 'arch', 'build'] as const).filter((key) => source[key] !== undefined);
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
  const specs = specsOf(name, source, kind, preset, context);
  const pin = pinOf(name, source);
  const arches = kind === 'prebuilt' ? undefined : archesOf(name, source, preset, context);
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
    ...(arches && { arches }),
    ...(pin && { pin }),
    ...(kind !== 'prebuilt' && kind !== 'srpm' && preset && preset.built === undefined && isOfDistribution(specs) && { experimental: true }),
  };
}

/** A folder of the user's own, and a spec inside the tree, are nobody else's to have tried. */
function isOfDistribution(specs: PackageConfig['specs']): boolean {
  return distinctSpecs(specs).some(({ kind }) => kind === 'git');
}

function presetOf(name: string, source: Source): Preset | undefined {
  const known = presetName(name, source.preset);
  return known === undefined ? undefined : PRESETS.get(known);
}

/** What was given decides, then what is known of the name; a template inside the tree is for meson to fill in. */
function kindOf(source: Source, preset: Preset | undefined): BuiltKind {
  if (source.kind) return source.kind;
  const [tree] = treeKeys(source);
  if (source.rpms !== undefined && tree === undefined) return 'prebuilt';
  if (tree === 'srpm') return 'srpm';
  if (preset) return preset.kind;
  if (tree === 'tarball' && source.spec === undefined) return 'rpmbuild-ta';
  const spec = typeof source.spec === 'object' ? source.spec.tree : undefined;
  return spec?.endsWith('.in') ? 'meson-dist' : 'rpmbuild';
}

/** Some of the config's architectures; nothing where it is all of them. */
function archesOf(name: string, { arch }: Source, preset: Preset | undefined, { arches, complaints }: SourceContext): readonly Arch[] | undefined {
  const wanted = arch === undefined ? preset?.arches : [arch].flat();
  const meant = arches.filter((one) => wanted?.includes(one) !== false);
  if (meant.length === arches.length) return undefined;
  if (meant.length > 0) return meant;
  // Somebody who asks for a preset where it is not known to be of use may know better.
  if (arch === undefined) return undefined;
  complaints.error(['sources', name, 'arch'], `${name} is for ${[arch].flat().join(', ')} only, and nothing is built for that: arch is ${arches.join(', ')}`);
  return undefined;
}

function buildOf(name: string, source: Source, { file, ci }: SourceContext): BuildConfig {
  return resolveBuild({ at: ['build'], build: file.build ?? {} }, { at: ['sources', name, 'build'], build: source.build ?? {} }, ci);
}

function pinOf(name: string, source: Source): PinConfig | undefined {
  const preset = presetOf(name, source);
  if (!source.pin) return preset && presetPin(preset);
  const { variable, rpms } = source.pin;
  if (!rpms) return { variable };
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
