import path from 'node:path';
import type { Basesystem, ByBasesystem, KeptElsewhere, SpecSource } from '@crpm/core';
import type { Source } from '../generated/config-file.js';
import type { BuiltKind } from './check-fields.js';
import type { SourceContext } from './packages.js';
import { resolvePath } from './paths.js';
import { perBasesystem } from './per-basesystem.js';
import { PRESETS, type Preset } from './presets.js';
import { treeKeys } from './upstream.js';

/** Where the spec of a source is, for each base system. What a wrong one yields is of no use; the complaints say so. */
export function specsOf(name: string, source: Source, kind: BuiltKind, preset: Preset | undefined, context: SourceContext): ByBasesystem<SpecSource> {
  if (kind === 'prebuilt' || kind === 'srpm') return {};
  const { root, basesystems, complaints } = context;
  const at = ['sources', name, 'spec'];
  const { spec } = source;
  const forAll = (one: SpecSource) => Object.fromEntries(basesystems.map((basesystem) => [basesystem.name, one]));
  if (kind === 'rpmbuild-ta') return forAll({ kind: 'tree', ...(typeof spec === 'object' && spec.tree !== undefined && { file: spec.tree }) });
  if (typeof spec === 'string') {
    const place = resolvePath(spec, root, at, complaints);
    return forAll(place.endsWith('.spec') ? { kind: 'dir', dir: path.dirname(place), file: path.basename(place) } : { kind: 'dir', dir: place });
  }
  if (!spec) return presetSpecs(name, source, preset, context);
  const given = (['dir', 'git', 'tree'] as const).filter((key) => spec[key] !== undefined);
  if (given.length !== 1) {
    complaints.error(at, `sources.${name}.spec takes exactly one of dir, git, tree; it has ${given.join(' and ') || 'none'}`, { part: 'key' });
    return {};
  }
  if (spec.branch !== undefined && spec.git === undefined && !complaints.saidAbout([...at, 'git'])) complaints.error([...at, 'branch'], 'branch goes with git only', { part: 'key' });
  if (spec.file !== undefined && spec.tree !== undefined) complaints.error([...at, 'file'], 'file goes with dir or git only; tree names the file itself', { part: 'key' });
  for (const key of ['sources', 'lookaside'] as const) {
    if (spec[key] !== undefined && spec.tree !== undefined) complaints.error([...at, key], `${key} goes with dir or git only: a tree has no list of files that are kept elsewhere`, { part: 'key' });
  }
  const elsewhere: KeptElsewhere = {
    ...(spec.sources !== undefined && { sources: resolvePath(spec.sources, root, [...at, 'sources'], complaints) }),
    ...(spec.lookaside !== undefined && { lookaside: spec.lookaside }),
  };
  const file = { ...(spec.file !== undefined && { file: spec.file }), ...elsewhere };
  if (spec.tree !== undefined) return forAll({ kind: 'tree', file: spec.tree });
  if (spec.dir !== undefined) {
    const dirs = perBasesystem(spec.dir, [...at, 'dir'], context);
    for (const { name: missing } of basesystems.filter((basesystem) => !dirs.has(basesystem))) complaints.error([...at, 'dir'], `sources.${name}.spec.dir names no folder for ${missing}`, { part: 'key' });
    return entries(dirs, (dir, basesystem) => ({ kind: 'dir', dir: resolvePath(dir, root, typeof spec.dir === 'string' ? [...at, 'dir'] : [...at, 'dir', basesystem.name], complaints), ...file }));
  }
  const { git = '' } = spec;
  const branches = spec.branch === undefined ? new Map<Basesystem, string>() : perBasesystem(spec.branch, [...at, 'branch'], context);
  if (typeof spec.branch === 'string') checkOneBranch(name, spec.branch, context);
  return Object.fromEntries(
    basesystems.map((basesystem) => {
      const branch = branches.get(basesystem) ?? basesystem.specBranch;
      if (branch === undefined) complaints.error(at, `sources.${name}.spec lacks branch; the base system ${basesystem.name} has no specBranch`, { part: 'key' });
      return [basesystem.name, { kind: 'git', git, branch: branch ?? '', ...file }];
    }),
  );
}

function presetSpecs(name: string, source: Source, preset: Preset | undefined, { basesystems, complaints }: SourceContext): ByBasesystem<SpecSource> {
  if (!preset) {
    if (treeKeys(source).length > 0) complaints.error(['sources', name], `${name} lacks spec: a dist-git folder, { git, branch }, or { tree } for a spec inside the source tree`, {
        part: 'key',
        ...(source.preset === undefined && { suggestion: { word: name, among: [...PRESETS.keys()] } }),
      });
    return {};
  }
  const { spec } = preset;
  return Object.fromEntries(
    basesystems.map((basesystem): readonly [string, SpecSource] => {
      if ('tree' in spec) return [basesystem.name, { kind: 'tree', file: spec.tree }];
      if (basesystem.specBranch === undefined) {
        complaints.error(['sources', name], `${name} lacks spec: the base system ${basesystem.name} has no specBranch to take it from dist-git`, { part: 'key' });
      }
      return [basesystem.name, { kind: 'git', git: spec.git, branch: basesystem.specBranch ?? '' }];
    }),
  );
}

/** One branch for several base systems must not be the very branch that one of them has in dist-git: the others would be built from its spec. */
function checkOneBranch(name: string, branch: string, { basesystems, complaints }: SourceContext): void {
  const owner = basesystems.find(({ specBranch }) => specBranch === branch);
  const others = basesystems.filter(({ specBranch }) => specBranch !== branch);
  if (!owner || others.length === 0) return;
  complaints.error(
    ['sources', name, 'spec', 'branch'],
    `${branch} is the branch of ${owner.name}, and ${others.map((other) => other.name).join(', ')} would be built from it too; leave branch out, and each base system takes its own: ${basesystems.map(({ specBranch }) => specBranch ?? '?').join(', ')}`,
  );
}

function entries<T>(values: ReadonlyMap<Basesystem, T>, spec: (value: T, basesystem: Basesystem) => SpecSource): ByBasesystem<SpecSource> {
  return Object.fromEntries([...values].map(([basesystem, value]) => [basesystem.name, spec(value, basesystem)]));
}
