import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type Input, type Json, type NodeContext, type NodeKind } from '@crpm/core';
import { acquireLock, hashText } from '@crpm/state';
import type { RpmDepsParams } from '../params.js';
import { exceptForesight } from '../kinds/except-foresight.js';
import { OfficialLoader } from '../predict/official.js';
import type { Proof } from '../proof/index.js';
import { KUBEVIRT_CONFIG_PATHS } from '../kinds/config-paths.js';
import { changedSinceWritten, digestOf } from './as-written.js';
import { askScript, privateCopy, type Made } from './ask-script.js';
import { comparisonBase } from './comparison-base.js';
import { customRepositories, repositoryAddress } from './custom-rpms.js';
import { judge, runOf } from './evidence.js';
import type { RpmDepsFact, VerifyFact } from './facts.js';
import { furtherComplaints } from './format-proof.js';
import { hotSwap } from './hot-swap.js';
import { landedRpms, readLanded, writeLanded } from './landed.js';
import { land, recoverLanding } from './landing.js';
import { treeState, type TreeState } from './tree-state.js';
import { nextUndo, readUndo } from './undo.js';
import { readYielded, YIELDED } from './yielded-files.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface KubevirtKindOptions {
  /** The user's environment: where KubeVirt's scripts find their container tool. */
  readonly env: Env;
}

export interface RpmDepsKindOptions extends KubevirtKindOptions {
  /** Default: one of its own. */
  readonly official?: OfficialLoader;
}

/** Files of the tree that decide what rpm-deps does; the two that it yields are looked at by `stale`. */
const scripts = (streams: readonly number[]): readonly string[] => ['Makefile', 'hack/rpm-deps.sh', 'hack/dockerized', 'hack/common.sh', 'hack/config.sh', 'hack/bootstrap.sh', ...streams.map((stream) => `rpm/repo-cs${stream}.yaml`), 'rpm/repo-virt-preview.yaml'];

/** KubeVirt's own script in a private copy of its tree; what it yields is proven there, then renamed into the user's tree. */
export function rpmDepsKind({ env, official = new OfficialLoader() }: RpmDepsKindOptions): NodeKind<RpmDepsParams> {
  return {
    name: 'rpm-deps',
    version: 3,
    weight: 'light',
    configPaths: KUBEVIRT_CONFIG_PATHS,
    inputs: (params) => Promise.resolve(scriptInputs(params, env)),
    reads: exceptForesight,
    async run(params, context): Promise<Json> {
      const tree = treeState(context.workspace, params.kubevirt);
      const lock = await acquireLock(tree.lock, { command: `rpm-deps of ${context.workspace.id}`, what: `the KubeVirt tree ${tree.dir}` });
      try {
        return await rpmDeps(params, context, tree, { env, official });
      } finally {
        lock.release();
      }
    },
    stale(params, output, context) {
      const { dir } = treeState(context.workspace, params.kubevirt);
      const one = changedSinceWritten(dir, output.data as RpmDepsFact, { workspace: context.workspace, baseUrl: repositoryAddress(params, context) });
      return Promise.resolve(one && `${one} of the KubeVirt tree is not what it was after the last run`);
    },
  };
}

/** All but the repository that KubeVirt's script reads. */
function scriptInputs({ kubevirt, ...params }: RpmDepsParams, env: Env): readonly Input[] {
  const files = scripts(runOf(params).streams).map((path) => ({ name: `kubevirt/${path}`, value: digestOf(join(kubevirt, path)) }));
  return [...files, { name: 'env/KUBEVIRT_BUILDER_IMAGE', value: env['KUBEVIRT_BUILDER_IMAGE'] ?? '' }];
}

async function rpmDeps(params: RpmDepsParams, context: NodeContext, tree: TreeState, { env, official }: Required<RpmDepsKindOptions>): Promise<RpmDepsFact> {
  const { report, workspace, signal } = context;
  const recovered = recoverLanding(tree);
  if (recovered) report.warn(`an earlier run was killed while it wrote into the KubeVirt tree; that was ${recovered}`);
  const run = runOf(params);
  const before = readYielded(tree.dir);
  const undo = readUndo(tree.undo);
  const repositories = await customRepositories(params, context);
  const baseUrl = repositoryAddress(params, context);
  const question = hashText(JSON.stringify([params, scriptInputs(params, env)]));
  const rpms = landedRpms(workspace, baseUrl, repositories);
  const proven = async (made: Made): Promise<Made & { readonly proof: Proof }> => {
    report.status('proving');
    return { ...made, proof: await judge(params, { ...made, before: comparisonBase(before, undo, run), repositories }, context, env) };
  };

  const swapped = params.mode === 'auto' || params.mode === 'hot-swap' ? hotSwap({ landed: readLanded(workspace, run.streams), question, current: before, rpms, repositories }) : { why: `rpmDeps.mode is ${params.mode}` };
  let made = 'why' in swapped ? undefined : await proven(swapped);
  const why = 'why' in swapped ? swapped.why : made?.proof.complaints[0]?.message;
  if (made?.proof.holds && !('why' in swapped)) {
    report.line('crpm: only bytes of RPMs changed: their rules in WORKSPACE got the new sha256 and address, the resolver was not asked');
    report.status(`hot swap: ${swapped.changed === 0 ? 'the RPMs are those of the last time' : `only bytes of ${String(swapped.changed)} RPM${swapped.changed === 1 ? '' : 's'} changed`}`);
  } else if (params.mode === 'hot-swap') {
    fail({ class: 'usage', message: `rpmDeps.mode: hot-swap does not do here: ${why ?? 'the proof fails'}`, next: 'Set rpmDeps.mode to auto: then KubeVirt’s script runs where it has to.' });
  } else {
    report.line(`crpm: KubeVirt's script runs: ${why ?? 'it has to'}`);
    report.status(`KubeVirt's script runs, because ${why ?? 'it has to'}`);
    made = await proven(await askScript(params, context, { tree, repositories, base: baseUrl, env, official }));
  }
  const { resolver, after, further = [], proof } = made;
  writeFileSync(join(context.out, 'proof.json'), `${JSON.stringify(proof, undefined, 2)}\n`);
  if (!proof.holds) {
    fail({
      class: 'proof',
      message: `KubeVirt did not take the build: ${proof.complaints[0]?.message ?? 'no RPM was taken'}`,
      next: `${proof.complaints[0]?.next ?? ''} The KubeVirt tree is untouched; what its script made is in ${privateCopy(workspace)}.`.trim(),
      lines: furtherComplaints(proof),
      data: { proof, stale: {}, absent: [], allowOfficial: params.allowOfficial } satisfies VerifyFact as unknown as Json,
    });
  }
  signal.throwIfAborted();
  if (!land(tree, before, after, nextUndo(undo, before, after, further), further)) {
    fail({
      class: 'source',
      message: `${further.length > 0 ? 'WORKSPACE, rpm/BUILD.bazel or another file that make changed' : 'WORKSPACE or rpm/BUILD.bazel'} of ${tree.dir} was changed while rpm-deps ran; yours stay as they are`,
      next: `Run again, then yours are the start. To take what this run made instead: ${YIELDED.map((path) => `cp ${join(privateCopy(workspace), path)} ${join(tree.dir, path)}`).join(' && ')}`,
      // What the script printed has nothing to do with it.
      lines: [],
    });
  }
  const written = { workspace: hashText(after.WORKSPACE), build: hashText(after['rpm/BUILD.bazel']) };
  if (rpms) writeLanded(workspace, run.streams, { question, ...written, resolver, rpms });
  const brought = further.length > 0 ? { further: Object.fromEntries(further.map(({ path }) => [path, digestOf(join(tree.dir, path))])) } : {};
  return { resolver: { name: resolver.name, standIn: resolver.standIn }, ...written, ...brought, baseUrl };
}
