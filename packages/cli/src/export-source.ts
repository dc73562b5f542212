import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { fail, type Graph, type WorkspacePaths } from '@crpm/core';
import type { SourceFact } from '@crpm/pipeline';
import { refuse } from './complaints.js';
import { namedRuns } from './named-run.js';
import { readEvents, runLogs } from './run-folder.js';

/** The snapshots that one run of one package was made of. */
export interface BuiltTrees {
  readonly run: string;
  readonly package: string;
  readonly fact: SourceFact;
}

/** Looks up what a run built from. Refuses, with what there is, when the run or its record of that source is not there. */
export function builtTrees(workspace: WorkspacePaths, graph: Graph, asked: string, name: string): BuiltTrees {
  const node = `${name}.source`;
  for (const run of namedRuns(workspace, asked)) {
    const finished = readEvents(runLogs(workspace, run)).find((event) => event.type === 'node-finished' && event.node === node);
    if (finished?.type === 'node-finished' && finished.data !== undefined) return { run, package: name, fact: finished.data as SourceFact };
  }
  const sources = [...graph.nodes.keys()].filter((id) => id.endsWith('.source')).map((id) => id.slice(0, -'.source'.length));
  return refuse(`${asked === 'latest' ? 'no run' : `the run ${asked}`} has a record of ${node}; sources with a tree: ${sources.join(', ') || 'none'}`);
}

/** Writes the trees; what to tell about each. The dist-git folder goes to `<target>.dist-git`. */
export async function exportTrees(workspace: WorkspacePaths, { run, package: name, fact }: BuiltTrees, target: string, signal: AbortSignal): Promise<readonly string[]> {
  const { exportSnapshot, hasSnapshot } = await import('@crpm/sources');
  const { here } = fact;
  const trees = [
    { what: `the tree of ${name}`, dir: target, commit: here.snapshot },
    // A source RPM is both.
    ...(here.specDir === undefined || here.specDir === here.dir ? [] : [{ what: `the dist-git folder of ${name}`, dir: `${target}.dist-git`, commit: here.specSnapshot }]),
  ];
  for (const { dir } of trees) requireEmpty(dir);
  const found = await Promise.all(
    trees.map(async ({ what, dir, commit }) => {
      if (commit === undefined) fail({ class: 'usage', message: `run ${run} kept no snapshot of ${what}: see its warnings (crpm logs --run ${run} ${name}.source)`, next: 'Run again: the next run keeps one.' });
      if (!(await hasSnapshot(workspace.cache, commit, signal))) {
        fail({ class: 'usage', message: `the snapshot of ${what} in run ${run} (${commit}) is gone: the cache outgrew cache.maxSize, or was emptied`, next: 'Raise cache.maxSize to keep more of them.' });
      }
      return { what, dir, commit };
    }),
  );
  for (const { dir, commit } of found) await exportSnapshot(workspace.cache, commit, dir, signal);
  return found.map(({ what, dir, commit }) => `${dir}: ${what} as run ${run} built it (${commit.slice(0, 12)})`);
}

/** An empty folder gives way, anything else is refused. */
function requireEmpty(dir: string): void {
  if (!existsSync(dir)) return;
  let names: readonly string[];
  try {
    names = readdirSync(dir);
  } catch {
    refuse(`${dir} is no folder that can be written to`);
  }
  if (names.length > 0) refuse(`${dir} is not empty; name another folder with --to`);
  rmdirSync(dir);
}
