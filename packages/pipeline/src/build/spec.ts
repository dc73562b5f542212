import { packFiles, printable } from '@crpm/archive';
import { fail, type NodeContext, type Work } from '@crpm/core';

import type { RpmTraits, SpecRpm } from '../facts.js';
import type { SpecOptions, SpecPlace } from '../params.js';
import { FEDORA_MACROS, MACRO_FILE } from './fedora-macros.js';
import { mesonProject } from './meson-project.js';
import { define, specArguments } from './spec-arguments.js';
import { fillTemplate, specName, unknownTag } from './spec-template.js';
import { putTree, readTreeFile, type snapshots, type SnapshotTree } from './trees.js';
import { ASK_SPEC, script } from './scripts.js';
import { marked, mustRun } from './work.js';

export type Trees = Awaited<ReturnType<typeof snapshots>>;

/** A spec as the user's files have it. */
export interface SpecFile {
  /** `libvirt.spec`, also when it comes from `libvirt.spec.in`. */
  readonly name: string;
  readonly text: string;
  readonly isTemplate: boolean;
}

/** Finds the spec of a package in its snapshots. */
export async function findSpec(place: SpecPlace, trees: Trees): Promise<SpecFile> {
  const tree = place.in === 'tree' ? trees.tree : trees.spec;
  if (!tree) throw new Error('a spec in a dist-git folder needs the snapshot of that folder');
  const file = place.file ?? onlySpec(tree, place.in);
  const text = await readTreeFile(tree, file);
  if (text === undefined) fail({ class: 'usage', message: `${tree.dir} has no file ${file}, or git ignores it`, next: 'Correct spec.file in the config.' });
  return { name: specName(file), text, isTemplate: file.endsWith('.in') };
}

/** Of a dist-git folder the one at its top; of a source tree the one nearest to it. */
function onlySpec({ dir, manifest }: SnapshotTree, where: SpecPlace['in']): string {
  const all = manifest.entries.map((entry) => entry.path).filter((path) => path.endsWith('.spec'));
  const depth = where === 'dist-git' ? 1 : Math.min(...all.map(depthOf));
  const specs = all.filter((path) => depthOf(path) === depth);
  const [only] = specs;
  if (only !== undefined && specs.length === 1) return Buffer.from(only, 'latin1').toString();
  return fail({
    class: 'usage',
    message: only === undefined ? `${dir} has no .spec file` : `${dir} has several specs: ${specs.map(printable).join(', ')}`,
    next: where === 'dist-git' ? 'Set spec.file in the config.' : 'Name it in the config: spec: { tree: … }.',
  });
}

function depthOf(path: string): number {
  return path.split('/').length;
}

/** A spec that lies in a work folder, ready for rpm's programs. */
export interface PlacedSpec {
  readonly name: string;
  readonly text: string;
  readonly isTemplate: boolean;
  /** Placeholders of a template that only `meson setup` can fill. */
  readonly unknown: readonly string[];
  /** The end of every command line that reads it: options, then the path. */
  readonly argv: readonly string[];
}

/** Puts a spec, filled in as far as that goes, and the dist-git files it may read into a work folder. */
export async function placeSpec(context: NodeContext, work: Work, spec: SpecFile, trees: Trees, options: SpecOptions, traits: RpmTraits): Promise<PlacedSpec> {
  const { text, unknown } = spec.isTemplate ? await filled(context, work, spec, trees.tree) : { text: spec.text, unknown: [] };
  if (trees.spec) await putTree(work, trees.spec, 'SOURCES');
  await work.put(packFiles([{ path: `SPECS/${spec.name}`, content: text }, { path: MACRO_FILE, content: FEDORA_MACROS }]));
  const folders = [...define('_topdir', work.root), ...define('_sourcedir', `${work.root}/SOURCES`)];
  return { name: spec.name, text, isTemplate: spec.isTemplate, unknown, argv: [...(traits.lacksMacros ? ['--load', `${work.root}/${MACRO_FILE}`] : []), ...specArguments(options, traits.dist), ...folders, `SPECS/${spec.name}`] };
}

async function filled(context: NodeContext, work: Work, spec: SpecFile, tree: SnapshotTree) {
  const { name, version } = await mesonProject(context, work, tree);
  const values = { VERSION: version, PACKAGE_VERSION: version, PACKAGE: name, PACKAGE_NAME: name };
  const untold = unknownTag(spec.text, values);
  if (untold !== undefined) {
    fail({
      class: 'usage',
      message: `${spec.name}.in says ${JSON.stringify(untold)}, which is not known before the build`,
      next: 'Use @PACKAGE@, @VERSION@ or plain text in Name, Version, Release, Epoch and Source0.',
    });
  }
  return fillTemplate(spec.text, values);
}

/** What rpmspec answers about a spec. */
export interface SpecAnswers {
  /** `17:10.1.0-20.el9.crpm0001` */
  readonly evr: string;
  /** BuildRequires, each `name`, `name op evr` or a rich one; sorted, each once. */
  readonly buildRequires: readonly string[];
  /** Name of the source RPM. */
  readonly source: string;
  /** The RPMs that it makes. */
  readonly rpms: readonly SpecRpm[];
}

export async function askSpec(context: NodeContext, work: Work, spec: PlacedSpec): Promise<SpecAnswers> {
  const evrOf = '%{EPOCHNUM}:%{VERSION}-%{RELEASE}';
  const source = `crpm-source %{NAME}\\ncrpm-evr ${evrOf}\\n[crpm-require %{REQUIRENEVRS}\\n]`;
  const rpms = `crpm-rpm %{NAME} ${evrOf} %{ARCH}\\n[crpm-requires %{REQUIRENEVRS}\\n][crpm-provides %{PROVIDENEVRS}\\n]`;
  const argv = script(ASK_SPEC, [source, rpms, ...spec.argv]);
  const answers = await mustRun(context, work, { argv, answers: 'crpm-' }, (seen) => unparsable(spec, seen.telling()));
  const [evr] = marked(answers, 'crpm-evr ');
  const [name] = marked(answers, 'crpm-source ');
  if (evr === undefined || name === undefined) fail(unparsable(spec, []));
  return { evr, source: name, rpms: rpmsIn(answers), buildRequires: [...new Set(marked(answers, 'crpm-require '))].filter((one) => !one.startsWith('rpmlib(')).sort() };
}

function rpmsIn(answers: readonly string[]): readonly SpecRpm[] {
  const found: { name: string; evr: string; arch: string; requires: string[]; provides: string[] }[] = [];
  for (const answer of answers) {
    const [kind, ...words] = answer.split(' ');
    const text = words.join(' ');
    const [name = '', evr = '', arch = ''] = words;
    if (kind === 'crpm-rpm') found.push({ name, evr, arch, requires: [], provides: [] });
    else if (kind === 'crpm-requires' && !/^rpmlib\(|^\(none\)$/.test(text)) found.at(-1)?.requires.push(text);
    else if (kind === 'crpm-provides' && text !== '(none)') found.at(-1)?.provides.push(text);
  }
  return found;
}

/** The spec with its macros expanded and its conditions decided. */
export async function expandSpec(context: NodeContext, work: Work, spec: PlacedSpec): Promise<string> {
  const lines = await mustRun(context, work, { argv: ['rpmspec', '-P', ...spec.argv], answers: '' }, (seen) => unparsable(spec, seen.telling()));
  return lines.join('\n');
}

function unparsable(spec: PlacedSpec, lines: readonly string[]) {
  return {
    class: 'build',
    message: `rpm can't parse ${spec.name}`,
    next: `Correct the spec; rpmspec -P ${spec.name} shows the same.`,
    lines,
  } as const;
}
