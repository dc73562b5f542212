import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type NodeContext, type WorkspacePaths } from '@crpm/core';
import { writeFileAtomic } from '@crpm/state';
import type { RpmDepsParams } from '../params.js';
import { repairAddresses, type Resolver } from '../proof/index.js';
import { list } from '../proof/words.js';
import type { OfficialLoader } from '../predict/official.js';
import { lockBuilder } from './builder.js';
import { copyGit } from './copy-git.js';
import type { CustomRepository } from './custom-rpms.js';
import { diagnose } from './diagnose.js';
import { findFurther, type FurtherChange } from './further-files.js';
import { judgeCall, readScript } from './evidence.js';
import { pinOurs } from './pin-ours.js';
import { CUSTOM_REPO, customRepoFile } from './repo-file.js';
import { hasDockerized, runScript } from './script.js';
import { syncTree, type Seen } from './tree-copy.js';
import type { TreeState } from './tree-state.js';
import { callVariables } from './variables.js';
import { readMade, type Yielded } from './yielded-files.js';

/** Both files as they are to be, and what chose the RPMs in them. */
export interface Made {
  readonly resolver: Resolver;
  readonly after: Yielded;
  /** What KubeVirt's `make` changed besides. Absent: nothing. */
  readonly further?: readonly FurtherChange[];
}

/** Where KubeVirt's scripts run. */
export function privateCopy(workspace: WorkspacePaths): string {
  return join(workspace.state, 'kubevirt', 'tree');
}

/** Has KubeVirt's own script choose, in the private copy. */
export async function askScript(params: RpmDepsParams, context: NodeContext, work: CopyWork): Promise<Made> {
  const { resolver, seen } = await runInCopy(params, context, work);
  const copy = privateCopy(context.workspace);
  const yielded = readMade(copy);
  const repair = repairAddresses(yielded.WORKSPACE, work.repositories.flatMap((repository) => repository.rpms));
  for (const { rule, to } of repair.repaired) context.report.line(`crpm: the address of ${rule} was corrected to ${to}`);
  writeFileAtomic(join(copy, 'WORKSPACE'), repair.text);
  const after = { ...yielded, WORKSPACE: repair.text };
  if (params.mode !== 'make') return { resolver, after };
  const { changes, left } = findFurther(work.tree.dir, copy, seen);
  if (changes.length > 0) context.report.warn(`make rpm-deps changed further files, and the KubeVirt tree gets them too: ${list(changes.map(({ path }) => path), 10)}`);
  if (left.length > 0) context.report.warn(`make rpm-deps changed what is no plain file, and that stays in ${copy}: ${list(left)}`);
  return { resolver, after, further: changes };
}

export interface CopyWork {
  readonly tree: TreeState;
  readonly repositories: readonly CustomRepository[];
  /** Where they are found now, with a slash at its end. */
  readonly base: string;
  readonly official: OfficialLoader;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Makes the private copy equal to the user's tree, tells it about our repository, and runs KubeVirt's script in it, once for each stream and architecture. */
async function runInCopy(params: RpmDepsParams, context: NodeContext, { tree, repositories, base, official, env }: CopyWork): Promise<{ readonly resolver: Resolver; readonly seen: Seen }> {
  const { report, workspace, signal } = context;
  const copy = privateCopy(workspace);
  const script = readScript(tree.dir);
  const calls = repositories.map((repository) => ({ repository, ...callVariables(params, repository, script) }));
  for (const warning of new Set(calls.flatMap((call) => call.warnings))) report.warn(warning);
  report.status('copying the KubeVirt tree');
  mkdirSync(join(workspace.state, 'kubevirt'), { recursive: true, mode: 0o700 });
  const synced = await syncTree(tree.dir, copy, join(workspace.state, 'kubevirt', 'synced.json'), signal);
  report.line(`crpm: private copy of ${tree.dir}: ${synced.files} files, ${synced.copied} copied, ${synced.removed} removed`);
  const noGit = await copyGit(tree.dir, copy, env, signal);
  if (noGit !== undefined) report.warn(noGit);

  const mode = params.mode === 'make' ? 'make' : 'script';
  const builder = mode === 'make' || hasDockerized(copy) ? await lockBuilder(workspace, env, signal, { report }) : undefined;
  try {
    let resolver: Resolver | undefined;
    let before = readMade(copy);
    for (const { repository, values } of calls) {
      const { stream, arch } = repository;
      // Of another stream nothing may be in sight: the resolver knows architectures and no streams.
      writeFileSync(join(copy, CUSTOM_REPO), customRepoFile(workspace.id, repositories.filter((other) => other.stream === stream)));
      const pinned = pinOurs(script, repository.rpms);
      if (pinned.warning !== undefined) report.warn(pinned.warning);
      writeFileSync(join(copy, 'hack', 'rpm-deps.sh'), pinned.text);
      report.status(`rpm-deps for ${arch} of CentOS Stream ${stream}`);
      report.line(`crpm: ${mode === 'make' ? 'make rpm-deps' : 'hack/rpm-deps.sh'} with ${JSON.stringify(values)}`);
      resolver = await runScript({ copy, mode, variables: values, env, report, signal, diagnose: () => diagnose(params, context, { repository, versions: values, script, base, official }) });
      const after = readMade(copy);
      judgeCall(params, { before, after, repositories, resolver }, repository);
      before = after;
    }
    return { resolver: resolver ?? fail({ class: 'usage', message: 'the repository serves none of the architectures of the config' }), seen: synced.seen };
  } finally {
    await builder?.release(signal.aborted ? 'cancelled' : undefined);
  }
}
