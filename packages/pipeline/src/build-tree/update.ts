import { randomBytes } from 'node:crypto';

import { fail } from '@crpm/core';

import { TOPDIR } from '../build/rpmbuild-command.js';
import { takeBuiltRpms } from '../build/take-rpms.js';
import type { OutputTail } from '../build/telling-lines.js';
import { withSecondChance } from '../build/trees.js';
import { marked } from '../build/work.js';
import type { RpmsFact } from '../facts.js';
import type { TreeChanges } from './changes.js';
import { writeRecord, type TreeRecord } from './record.js';
import type { CleanReason } from './reuse.js';
import { BEGUN, STALE, UPDATE } from './scripts.js';
import { packChanges } from './send.js';
import { leftBehind, runBuild, treeBuildFailed, withTree, writerNote, type BuildEnd, type TreeBuild } from './tree-build.js';

/** Sends what changed into a recorded tree and builds it; or says why that gives nothing one could rely on. */
export async function updateTree(build: TreeBuild, record: TreeRecord, changes: TreeChanges): Promise<RpmsFact | CleanReason> {
  const { params, context, buildroot, trees, wanted, name } = build;
  const { workspace } = context;
  return withTree(build, async (work) => {
    const token = randomBytes(16).toString('hex');
    const next: TreeRecord = { ...record, token, writer: 'anything', tree: wanted.tree };
    const writes = writerNote(context, name);
    const begun = () => {
      writeRecord(workspace, name, next);
      context.report.status('rpmbuild in place');
    };
    context.report.status(`sending ${countOf(changes)}`);
    const end = await withSecondChance(() =>
      runBuild(build, work, {
        text: UPDATE,
        args: [record.token, token, record.path, changes.layout ? 'reconfigure' : ''],
        files: packChanges(trees.tree, changes, token),
        spec: `${TOPDIR}/SPECS/${record.spec}`,
        keep: [`${TOPDIR}/RPMS`],
        writes,
        answered: (answer) => { if (answer === BEGUN) begun(); },
      }),
    );
    if (end.exit.code === STALE) return staleReason(end);
    if (end.compiled || end.exit.code === 0) writeRecord(workspace, name, { ...next, ...leftBehind(end) });
    if (end.exit.code === 0) return takeBuiltRpms(context, work, params, buildroot.evr, end.ccache ? { ccache: end.ccache } : {});
    if (blamesTheSource(end.output)) fail(await treeBuildFailed(build, work, end));
    return { clean: 'the build in place failed in a way that a clean one may not', expected: false };
  });
}

function countOf({ send, altered }: TreeChanges): string {
  const gone = altered.filter((path) => !send.has(path)).length;
  return `${String(send.size)} changed ${send.size === 1 ? 'file' : 'files'}${gone > 0 ? `, ${String(gone)} gone` : ''}`;
}

function staleReason({ answers }: BuildEnd): CleanReason {
  const [why = '', ...rest] = (marked(answers, 'stale ')[0] ?? '').split(' ');
  switch (why) {
    case 'prepared':
      return { clean: `${rest.join(' ')} is a file that %prep of the spec changes or removes`, expected: true };
    case 'gone':
      return { clean: `${rest.join(' ')} is a file of the tree that the build itself removes`, expected: true };
    case 'clock':
      return { clean: 'files in the build tree are newer than the clock says it is now', expected: false };
    case 'token':
      return { clean: 'the build tree is gone, or not as it was left', expected: false };
    default:
      return { clean: 'the build tree could not be brought up to date', expected: false };
  }
}

/** What compiler, linker or meson say of the text holds in a clean tree too; but a file that is missing may be one that only a clean build makes. */
const DIAGNOSTIC = /^\S+:\d+(?::\d+)?: (?:fatal )?error: |^\S*meson(?:\.build|\.options|_options\.txt):\d+:\d+: ERROR: |: undefined reference to |^error\[E\d+\]: /;
const MISSING = /No such file or directory|not found|does not exist/;

export function blamesTheSource(output: OutputTail): boolean {
  const diagnostics = output.lines.filter((line) => DIAGNOSTIC.test(line));
  if (diagnostics.some((line) => MISSING.test(line))) return false;
  return diagnostics.length > 0 || output.lines.some((line) => line.startsWith('Executing(%check)'));
}
