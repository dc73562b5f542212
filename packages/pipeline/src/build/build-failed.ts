import type { Engine, Failure, NodeContext, Work } from '@crpm/core';

import { compilerErrors } from './diagnosis/compiler-errors.js';
import { diagnose } from './diagnosis/diagnose.js';
import { asFailure } from './diagnosis/of-machine.js';
import { atOwnLines, type OwnComplaint } from './diagnosis/own-lines.js';
import { ownNames } from './diagnosis/own-names.js';
import type { OutputTail } from './telling-lines.js';
import type { SnapshotTree } from './trees.js';

/** A build that ended with an error. */
export interface EndedBuild {
  readonly context: NodeContext;
  readonly work: Work;
  readonly package: string;
  readonly tree: SnapshotTree;
  readonly output: OutputTail;
  /** What ended, for people: `rpmbuild`. */
  readonly program: string;
  readonly code: number;
}

/** Why a build failed, what that means and what to do, as far as its output tells. */
export async function buildFailed({ context, work, package: pkg, tree, output, program, code }: EndedBuild): Promise<Failure> {
  const complaints = await atOwnLines(context, work, tree, compilerErrors(output.lines));
  const engine = await context.engine();
  const disk = engine.kind === 'host' ? `the disk that ${context.workspace.state} is on` : 'the disk that the container engine keeps its data on';
  const names = ownNames(tree, context.workspace);
  const why = diagnose({ lines: output.lines, package: pkg, complaints, path: names.path, disk });
  const unknown = { class: 'build', message: `${program} ended with exit code ${String(code)}`, next: 'Correct what the lines shown name; the log has all of the output.' } as const;
  return {
    commands: shellFor(context, engine),
    ...(why ? asFailure(why) : unknown),
    lines: (why && why.lines.length > 0 ? why.lines : output.telling()).map(names.line),
    ...complained(complaints),
  };
}

/** The same of a step before the build, where files are as the user has them: what it means, if that is known, behind what failed. */
export async function stepFailed(context: NodeContext, tree: SnapshotTree, output: OutputTail, told: Pick<Failure, 'message' | 'next'>): Promise<Failure> {
  const lines = output.lines.map(inTree);
  const complaints = compilerErrors(lines);
  const names = ownNames(tree, context.workspace);
  const why = diagnose({ lines, package: context.node.group ?? context.node.id, complaints, path: names.path, disk: 'the disk where it runs' });
  if (!why?.cause) return { class: 'build', ...told, lines: output.telling().map(inTree).map(names.line), ...complained(complaints) };
  return { commands: shellFor(context, await context.engine()), ...asFailure(why), lines: why.lines.map(names.line), message: `${told.message}: ${why.what}`, ...complained(complaints) };
}

/** Steps before the build have the tree in `source`, and name files from above it. */
function inTree(line: string): string {
  return line.replaceAll(/(?<![^\s'"`(])source\//g, '');
}

/** In a cluster nobody can talk to a program. */
function shellFor({ node }: NodeContext, { kind }: Engine): readonly string[] {
  return kind === 'kubernetes' ? [] : [`crpm shell ${node.id}`];
}

function complained(complaints: readonly OwnComplaint[]): Pick<Failure, 'complaints'> {
  return complaints.length > 0 ? { complaints: complaints.map(({ built: _built, ...complaint }) => complaint) } : {};
}
