import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { packPath } from '@crpm/archive';
import type { Engine, Failure, NodeContext } from '@crpm/core';

import type { RpmFact } from '../facts.js';
import type { BuildrootParams } from '../params.js';
import { deriveStep } from './derive-step.js';
import { derivedImage } from './derived-image.js';
import { all, excerpt } from './diagnosis/lines.js';
import { mirrorUnreachable } from './diagnosis/of-dnf.js';
import { INSTALL_BUILD_REQUIRES, script } from './scripts.js';
import { linkOrCopy, withStaging } from './staging.js';
import type { OutputTail } from './telling-lines.js';

/** Where the spec and RPMs of ours lie in the image while dnf runs. */
const FOLDER = 'var/tmp/crpm';

/** RPMs of another package, by the folder they lie in. */
export interface Library {
  readonly dir: string;
  readonly rpms: readonly RpmFact[];
}

export interface BuildRequires {
  /** Image id. */
  readonly from: string;
  /** Name of the spec, for messages. */
  readonly spec: string;
  /** As rpm says them: `foo-devel >= 3`. */
  readonly requires: readonly string[];
  readonly libraries: readonly Library[];
}

/**
 * An image with these BuildRequires installed by dnf. dnf gets a spec of our own that holds nothing but them, so an edit elsewhere in the
 * user's spec does not make another image.
 */
export async function installBuildRequires(params: BuildrootParams, context: NodeContext, engine: Engine, wanted: BuildRequires): Promise<string> {
  const rpms = wanted.libraries.flatMap(({ dir, rpms: list }) => list.map((rpm) => ({ dir, ...rpm })));
  const ours = rpms.filter((rpm) => rpm.arch === params.arch || rpm.arch === 'noarch');
  const argv = script(INSTALL_BUILD_REQUIRES, [`/${FOLDER}/buildrequires.spec`, ours.length > 0 ? `/${FOLDER}/ours` : '']);
  const text = requirementsSpec(wanted.requires);
  context.report.status(`installing ${String(wanted.requires.length)} BuildRequires`);
  const make = () =>
    withStaging(context.workspace, async (staging) => {
      await writeFile(join(staging, 'buildrequires.spec'), text);
      for (const { dir, file } of ours) await linkOrCopy(join(dir, file), join(staging, 'ours', file));
      const files = packPath(Buffer.from(staging), FOLDER);
      return deriveStep(context, engine, wanted.from, { argv, files, network: params.network, arch: params.arch }, (output) => notInstalled(wanted.spec, output));
    });
  return (await derivedImage(context, engine, [wanted.from, ...argv, text, ...ours.map((rpm) => rpm.sha256).sort()], make)).id;
}

/** What dnf's output means where it could not install them. */
export function notInstalled(spec: string, output: OutputTail): Failure {
  const absent = unmatched(output.lines);
  // Before what is said to be nowhere: dnf goes on without a repository that it may skip, and finds nothing in those that are left.
  const message = absent.length === 0 ? `dnf reached no repository with the BuildRequires of ${spec}` : `BuildRequires ${absent.join(', ')} of ${spec} ${absent.length === 1 ? 'is' : 'are'} in no repository that dnf reached`;
  const unreachable = mirrorUnreachable(output.lines, message);
  if (unreachable) return unreachable;
  if (absent.length > 0) return { ...nowhere(spec, absent), lines: excerpt(output.lines, NO_MATCH) };
  return {
    class: 'build',
    cause: 'build-requires',
    message: `dnf could not install the BuildRequires of ${spec}`,
    next: 'See the lines shown; the log has all that dnf said.',
    lines: output.telling(),
  };
}

/** BuildRequires that no repository of the build root has. */
export function nowhere(spec: string, names: readonly string[]): Failure {
  return {
    class: 'build',
    cause: 'build-requires',
    message: `BuildRequires ${names.join(', ')} of ${spec} ${names.length === 1 ? 'is' : 'are'} in no repository`,
    next: 'Add the repository that has it under basesystems.<name>.repos, name its source under needs, or correct the spec.',
  };
}

/** A spec with nothing but these BuildRequires. */
export function requirementsSpec(requires: readonly string[]): string {
  const tags = ['Name: crpm-buildrequires', 'Version: 1', 'Release: 1', 'Summary: BuildRequires of a package', 'License: none'];
  return [...tags, ...requires.map((name) => `BuildRequires: ${name.replaceAll('%', '%%')}`), '%description', ''].join('\n');
}

const NO_MATCH = /^No matching package to install: '(.+)'$|^No match for argument: (.+)$/;

/** What dnf 4 and dnf 5 say about a requirement that no repository provides. */
export function unmatched(lines: readonly string[]): readonly string[] {
  return all(lines, NO_MATCH).map(([, old, argument]) => old ?? argument ?? '');
}
