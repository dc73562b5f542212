import { EXIT, wrap, type WorkspacePaths } from '@crpm/core';
import type { RepositoryFact } from '@crpm/pipeline';
import type { RunSummary } from '@crpm/runner';
import { widthOf } from '@crpm/reporters';
import type { Io } from './io.js';
import { printProof } from './print-proof.js';
import type { Project } from './project.js';
import { olderThanSources } from './stale-roots.js';
import type { Watch } from './what-it-left.js';

export interface EndOptions {
  readonly project: Project;
  readonly workspace: WorkspacePaths;
  readonly watch: Watch;
}

/** What a run says below its summary: the proof, where the RPMs are, and what it left behind that was not there before. */
export async function printEnd(io: Io, summary: RunSummary, { project, workspace, watch }: EndOptions): Promise<void> {
  const { newRpms, rpmFiles } = await import('@crpm/pipeline');
  // Only crpm's own node writes it.
  const repository = summary.nodes.get('createrepo')?.output?.data as RepositoryFact | undefined;
  const words = repository && { files: rpmFiles(workspace, repository.repos), isNew: newRpms(watch.repository, repository) };
  const proven = await printProof(io, summary, { ...words, older: await olderThanSources(summary, project.graph, workspace), lead: '\n' });
  const lines = [...(words && !proven && summary.exitCode === EXIT.ok ? [`RPM files: ${words.files}`] : []), ...(await watch.left(summary))];
  const width = widthOf(io.stdout);
  if (lines.length > 0) io.stdout.write(`\n${lines.map((line) => `${wrap(line, { width, first: 0, indent: 2 })}\n`).join('')}`);
}
