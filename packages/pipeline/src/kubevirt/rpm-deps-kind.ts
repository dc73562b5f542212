import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, FailureError, type Json, type NodeContext, type NodeKind } from '@crpm/core';
import { formatEvr } from '@crpm/rpm';
import { acquireLock, hashText, writeFileAtomic } from '@crpm/state';
import type { RpmDepsParams } from '../params.js';
import { repairAddresses, type Resolver } from '../proof/index.js';
import { lockBuilder } from './builder.js';
import { comparisonBase } from './comparison-base.js';
import { copyGit } from './copy-git.js';
import { customRepositories, repositoryAddress, type CustomRepository } from './custom-rpms.js';
import { judge, readScript } from './evidence.js';
import type { RpmDepsFact } from './facts.js';
import { proofLines } from './format-proof.js';
import { land, recoverLanding } from './landing.js';
import { isMoved } from './move-addresses.js';
import { pinPrHelper } from './pr-helper.js';
import { CUSTOM_REPO, customRepoFile } from './repo-file.js';
import { hasDockerized, runScript } from './script.js';
import { syncTree } from './tree-copy.js';
import { treeState, type TreeState } from './tree-state.js';
import { nextUndo, readUndo } from './undo.js';
import { callVariables } from './variables.js';
import { readMade, readYielded, YIELDED, type Yielded } from './yielded-files.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface KubevirtKindOptions {
  /** The user's environment: where KubeVirt's scripts find their container tool. */
  readonly env: Env;
}

/** Files of the tree that decide what rpm-deps does; the two that it yields are looked at by `stale`. */
const scripts = (stream: number): readonly string[] => ['Makefile', 'hack/rpm-deps.sh', 'hack/dockerized', 'hack/common.sh', 'hack/config.sh', 'hack/bootstrap.sh', `rpm/repo-cs${stream}.yaml`, 'rpm/repo-virt-preview.yaml'];

/** KubeVirt's own script in a private copy of its tree; what it yields is proven there, then renamed into the user's tree. */
export function rpmDepsKind({ env }: KubevirtKindOptions): NodeKind<RpmDepsParams> {
  return {
    name: 'rpm-deps',
    version: 2,
    weight: 'light',
    inputs(params) {
      const files = scripts(params.stream).map((path) => ({ name: `kubevirt/${path}`, value: digestOf(join(params.kubevirt, path)) }));
      return Promise.resolve([...files, { name: 'env/KUBEVIRT_BUILDER_IMAGE', value: env['KUBEVIRT_BUILDER_IMAGE'] ?? '' }]);
    },
    async run(params, context): Promise<Json> {
      const tree = treeState(context.workspace, params.kubevirt);
      const lock = await acquireLock(tree.lock, { command: `rpm-deps of ${context.workspace.id}`, what: `the KubeVirt tree ${tree.dir}` });
      try {
        return await rpmDeps(params, context, tree, env);
      } finally {
        lock.release();
      }
    },
    stale(params, output, context) {
      const fact = output.data as RpmDepsFact;
      const { dir } = treeState(context.workspace, params.kubevirt);
      const baseUrl = repositoryAddress(params, context);
      const changed = !isAsWritten(dir, fact, { workspace: context.workspace, baseUrl }) ? 'WORKSPACE' : digestOf(join(dir, 'rpm/BUILD.bazel')) !== fact.build ? 'rpm/BUILD.bazel' : undefined;
      return Promise.resolve(changed && `${changed} of the KubeVirt tree is not what it was after the last run`);
    },
  };
}

async function rpmDeps(params: RpmDepsParams, context: NodeContext, tree: TreeState, env: Env): Promise<RpmDepsFact> {
  const { report, workspace, signal } = context;
  const recovered = recoverLanding(tree);
  if (recovered) report.warn(`an earlier run was killed while it wrote into the KubeVirt tree; that was ${recovered}`);
  const before = readYielded(tree.dir);
  const undo = readUndo(tree.undo);
  const script = readScript(tree.dir);
  const repositories = await customRepositories(params, context);

  const copy = join(workspace.state, 'kubevirt', 'tree');
  const resolver = await inCopy(params, context, { tree, copy, script, repositories, env });
  const yielded = readMade(copy);
  const repair = repairAddresses(yielded.WORKSPACE, repositories.flatMap((repository) => repository.rpms));
  for (const { rule, to } of repair.repaired) report.line(`crpm: the address of ${rule} was corrected to ${to}`);
  const after: Yielded = { ...yielded, WORKSPACE: repair.text };
  writeFileAtomic(join(copy, 'WORKSPACE'), after.WORKSPACE);

  report.status('proving');
  const proof = await judge(params, { before: comparisonBase(before, undo, params.stream, params.arches), after, repositories, resolver }, context, env);
  writeFileSync(join(context.out, 'proof.json'), `${JSON.stringify(proof, undefined, 2)}\n`);
  if (!proof.proven) {
    fail({
      class: 'proof',
      message: `KubeVirt did not take the build: ${proof.complaints[0]?.message ?? 'no RPM was taken'}`,
      next: `${proof.complaints[0]?.next ?? ''} The KubeVirt tree is untouched; what its script made is in ${copy}.`.trim(),
      lines: proofLines(proof),
    });
  }
  signal.throwIfAborted();
  if (!land(tree, before, after, nextUndo(undo, before, after))) {
    fail({
      class: 'source',
      message: `WORKSPACE or rpm/BUILD.bazel of ${tree.dir} was changed while rpm-deps ran; yours stay as they are`,
      next: `Run again, then yours are the start. To take what this run made instead: ${YIELDED.map((path) => `cp ${join(copy, path)} ${join(tree.dir, path)}`).join(' && ')}`,
      // What the script printed has nothing to do with it.
      lines: [],
    });
  }
  return { resolver: { name: resolver.name, standIn: resolver.standIn }, workspace: hashText(after.WORKSPACE), build: hashText(after['rpm/BUILD.bazel']), baseUrl: repositoryAddress(params, context) };
}

interface CopyWork {
  readonly tree: TreeState;
  readonly copy: string;
  /** Text of `hack/rpm-deps.sh`. */
  readonly script: string;
  readonly repositories: readonly CustomRepository[];
  readonly env: Env;
}

/** Makes the private copy equal to the user's tree, tells it about our repository, and runs KubeVirt's script in it, once for each architecture. */
async function inCopy(params: RpmDepsParams, context: NodeContext, { tree, copy, script, repositories, env }: CopyWork): Promise<Resolver> {
  const { report, workspace, signal } = context;
  const calls = repositories.map((repository) => ({ repository, ...callVariables(params, repository, script) }));
  for (const warning of new Set(calls.flatMap((call) => call.warnings))) report.warn(warning);
  report.status('copying the KubeVirt tree');
  mkdirSync(join(workspace.state, 'kubevirt'), { recursive: true, mode: 0o700 });
  const synced = await syncTree(tree.dir, copy, join(workspace.state, 'kubevirt', 'synced.json'), signal);
  report.line(`crpm: private copy of ${tree.dir}: ${synced.files} files, ${synced.copied} copied, ${synced.removed} removed`);
  const noGit = await copyGit(tree.dir, copy, env, signal);
  if (noGit !== undefined) report.warn(noGit);
  writeFileSync(join(copy, CUSTOM_REPO), customRepoFile(workspace.id, params.stream, repositories));

  const builder = params.mode === 'make' || hasDockerized(copy) ? await lockBuilder(workspace, env, signal, { report }) : undefined;
  try {
    let resolver: Resolver | undefined;
    for (const { repository, values } of calls) {
      writeFileSync(join(copy, 'hack', 'rpm-deps.sh'), scriptFor(script, repository, report.warn.bind(report)));
      report.status(`rpm-deps for ${repository.arch}`);
      report.line(`crpm: ${params.mode === 'make' ? 'make rpm-deps' : 'hack/rpm-deps.sh'} with ${JSON.stringify(values)}`);
      resolver = await runScript({ copy, mode: params.mode, variables: values, env, report, signal });
    }
    return resolver ?? fail({ class: 'usage', message: 'the repository serves none of the architectures of the config' });
  } finally {
    await builder?.release(signal.aborted ? 'cancelled' : undefined);
  }
}

/** The script with qemu-pr-helper pinned to ours, where we built it. */
function scriptFor(script: string, { rpms }: CustomRepository, warn: (text: string) => void): string {
  const helper = rpms.find((rpm) => rpm.name === 'qemu-pr-helper');
  if (!helper) return script;
  const pinned = pinPrHelper(script, formatEvr(helper));
  if (pinned.warning !== undefined) warn(pinned.warning);
  return pinned.text;
}

/** A server that moved took the addresses along; one that moved without them leaves a WORKSPACE that names nothing. */
function isAsWritten(dir: string, { workspace: digest, baseUrl }: RpmDepsFact, now: Parameters<typeof isMoved>[2]): boolean {
  if (now.baseUrl === baseUrl) return digestOf(join(dir, 'WORKSPACE')) === digest;
  try {
    return isMoved(readYielded(dir).WORKSPACE, { digest, baseUrl }, now);
  } catch (error) {
    // Neither is a file that can't be read or parsed what was written; running tells what is wrong with it.
    if (error instanceof FailureError) return false;
    throw error;
  }
}

function digestOf(file: string): string {
  try {
    return hashText(readFileSync(file, 'utf8'));
  } catch {
    return 'absent';
  }
}
