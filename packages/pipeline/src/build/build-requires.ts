import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { fail, FailureError, type Engine, type NodeContext } from '@crpm/core';
import { packPath } from '@crpm/engines';

import type { RpmFact } from '../facts.js';
import type { BuildrootParams } from '../params.js';
import { derivedImage } from './derived-image.js';
import { INSTALL_BUILD_REQUIRES, script } from './scripts.js';
import { linkOrCopy, withStaging } from './staging.js';
import { OutputTail } from './telling-lines.js';
import { labelsOf } from './work.js';

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
  const output = new OutputTail();
  const make = () =>
    withStaging(context.workspace, async (staging) => {
      await writeFile(join(staging, 'buildrequires.spec'), text);
      for (const { dir, file } of ours) await linkOrCopy(join(dir, file), join(staging, 'ours', file));
      return engine.deriveImage(wanted.from, {
        argv,
        env: {},
        files: packPath(Buffer.from(staging), FOLDER),
        network: params.network,
        labels: labelsOf(context),
        arch: params.arch,
        signal: context.signal,
        line: (line) => {
          output.line(line);
          context.report.line(line);
        },
      });
    });
  try {
    return (await derivedImage(context, engine, [wanted.from, ...argv, text, ...ours.map((rpm) => rpm.sha256).sort()], make)).id;
  } catch (error) {
    const absent = unmatched(output.lines);
    if (!(error instanceof FailureError) || error.failure.class !== 'build' || absent.length === 0) throw error;
    return fail(
      {
        class: 'build',
        message: `BuildRequires ${absent.join(', ')} of ${wanted.spec} ${absent.length === 1 ? 'is' : 'are'} in no repository`,
        next: 'Add the repository that has it under basesystems.<name>.repos, name its source under needs, or correct the spec.',
        lines: output.telling(),
      },
      error,
    );
  }
}

/** A spec with nothing but these BuildRequires. */
export function requirementsSpec(requires: readonly string[]): string {
  const tags = ['Name: crpm-buildrequires', 'Version: 1', 'Release: 1', 'Summary: BuildRequires of a package', 'License: none'];
  return [...tags, ...requires.map((name) => `BuildRequires: ${name.replaceAll('%', '%%')}`), '%description', ''].join('\n');
}

/** What dnf 4 and dnf 5 say about a requirement that no repository provides. */
export function unmatched(lines: readonly string[]): readonly string[] {
  const names = lines.flatMap((line) => /^No matching package to install: '(.+)'$/.exec(line)?.[1] ?? /^No match for argument: (.+)$/.exec(line)?.[1] ?? []);
  return [...new Set(names)];
}
