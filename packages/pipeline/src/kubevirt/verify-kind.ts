import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type Json, type NodeKind } from '@crpm/core';
import { parseWorkspaceRpms } from '@crpm/rpm';
import { acquireLock, hashText } from '@crpm/state';
import { list } from '../proof/words.js';
import { needOf, stepOf } from '../needs.js';
import type { VerifyParams } from '../params.js';
import { KUBEVIRT_CONFIG_PATHS } from '../kinds/config-paths.js';
import { isOfEarlierBuild } from './built-since.js';
import { comparisonBase } from './comparison-base.js';
import { customRepositories, repositoryAddress } from './custom-rpms.js';
import { judge, readScript, runOf } from './evidence.js';
import type { RpmDepsFact, VerifyFact } from './facts.js';
import { furtherComplaints } from './format-proof.js';
import { recoverLanding } from './landing.js';
import type { KubevirtKindOptions } from './rpm-deps-kind.js';
import { yieldedInputs } from './since-proof.js';
import { treeState } from './tree-state.js';
import { readUndo } from './undo.js';
import { readYielded } from './yielded-files.js';

/** The proof, from the user's tree as it stands. */
export function verifyKind({ env }: KubevirtKindOptions): NodeKind<VerifyParams> {
  return {
    name: 'verify',
    version: 3,
    weight: 'light',
    configPaths: KUBEVIRT_CONFIG_PATHS,
    inputs(params, context) {
      const { dir } = treeState(context.workspace, params.kubevirt);
      // With --only there may be no result of serve; then the node fails when it runs.
      const served = params.published !== undefined || [...context.needs.keys()].some((id) => stepOf(id) === 'serve');
      return Promise.resolve([
        ...yieldedInputs(dir),
        { name: 'kubevirt/hack/rpm-deps.sh', value: hashText(readScript(dir)) },
        { name: 'repository', value: served ? repositoryAddress(params, context) : 'none' },
      ]);
    },
    // Keeps it out of the store too: what a server answered once is no proof that it does now, and proving takes no time.
    stale: () => Promise.resolve(undefined),
    async run(params, context): Promise<Json> {
      const tree = treeState(context.workspace, params.kubevirt);
      const lock = await acquireLock(tree.lock, { command: `verify of ${context.workspace.id}`, what: `the KubeVirt tree ${tree.dir}` });
      try {
        const recovered = recoverLanding(tree);
        if (recovered) context.report.warn(`an earlier run was killed while it wrote into the KubeVirt tree; that was ${recovered}`);
        const after = readYielded(tree.dir);
        const repositories = await customRepositories(params, context);
        // With --only there may be no result of rpm-deps: then nobody knows what made the files, and the tree speaks for itself.
        const last = [...context.needs.keys()].some((id) => stepOf(id) === 'rpm-deps') ? needOf(context, 'rpm-deps') : undefined;
        const made = last?.data as RpmDepsFact | undefined;
        const resolver = made?.resolver ?? { name: 'unknown', standIn: false };
        const proof = await judge(params, { before: comparisonBase(after, readUndo(tree.undo), runOf(params)), after, repositories, resolver }, context, env);
        writeFileSync(join(context.out, 'proof.json'), `${JSON.stringify(proof, undefined, 2)}\n`);
        const stale = Object.assign({}, ...repositories.map((repository) => repository.stale)) as Record<string, string>;
        const present = new Set(repositories.flatMap(({ rpms }) => rpms.map((rpm) => rpm.package)));
        const absent = params.packages.map(({ name }) => name).filter((name) => !present.has(name));
        const ofEarlierBuild = made !== undefined && !proof.holds && isOfEarlierBuild({ dir: tree.dir, after, repositories, made, now: { workspace: context.workspace, baseUrl: repositoryAddress(params, context) } });
        const fact: VerifyFact = { proof, stale, absent, allowOfficial: params.allowOfficial, ...(ofEarlierBuild ? { ofEarlierBuild } : {}) };
        // A proof is plain data; as an interface it lacks the index signature that Json has.
        const data = fact as unknown as Json;
        if (ofEarlierBuild) {
          const since = [...new Set(proof.rows.flatMap(({ name, verdict }) => (verdict === 'not taken' ? [name] : [])))];
          fail({
            class: 'proof',
            message: `the KubeVirt tree names ${last?.asOf === undefined ? 'an earlier build' : `the build of ${minuteOf(last.asOf)}`}, and since then ${list(since)} ${since.length === 1 ? 'was' : 'were'} built again`,
            next: 'crpm run brings in what was built last; crpm watch does so with --all.',
            lines: [],
            data,
          });
        }
        const digests = new Set(repositories.flatMap(({ rpms }) => rpms.map((rpm) => rpm.sha256)));
        // As after a revert: each complaint would only say so again.
        if (digests.size > 0 && !parseWorkspaceRpms(after.WORKSPACE).some((rule) => digests.has(rule.sha256))) {
          fail({
            class: 'proof',
            message: `KubeVirt's tree holds none of the ${digests.size} RPMs that were built`,
            next: 'crpm run puts them there.',
            lines: [],
            data,
          });
        }
        if (!proof.holds) {
          fail({
            class: 'proof',
            message: `the KubeVirt tree does not name the build: ${proof.complaints[0]?.message ?? 'no RPM was taken'}`,
            next: proof.complaints[0]?.next ?? 'Run crpm run rpm-deps.',
            lines: furtherComplaints(proof),
            data,
          });
        }
        return data;
      } finally {
        lock.release();
      }
    },
  };
}

/** `2026-11-26 19:24 UTC`, of an instant in ISO 8601. */
function minuteOf(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
