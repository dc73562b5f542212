import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { FailureError, Json, NodeKind, NodeOutput } from '@crpm/core';
import type { VerifyClusterFact } from '../../src/kubevirt/facts.js';
import { nodeKinds } from '../../src/kinds.js';
import type { ClusterParams, VerifyClusterParams } from '../../src/params.js';
import { buildRpms, LIBVIRT, publishRpms, QEMU } from '../kubevirt/support/rpms.js';
import { temporaryWorkspace } from '../serve/support/repository.js';
import { temporaryFolder } from '../serve/support/temporary.js';
import { nodeContext } from '../support/node-context.js';
import { FakeKubectl, RUNNING, type Scenario } from './support/fake-kubectl.js';

/** A KubeVirt tree that has what these nodes look at; its make notes how it was called. */
const MAKEFILE = `cluster-up cluster-sync:
	echo "$@ stream=$$KUBEVIRT_CENTOS_STREAM_VERSION no_proxy=$$no_proxy in $$(pwd)" >> called
	@test ! -e fails || { echo "ERROR: the registry is down"; exit 3; }
	sh ./then
`;
const VMI = 'kind: VirtualMachineInstance\nmetadata: { name: vmi-alpine-efi }\n';

let rpms: ReturnType<typeof buildRpms>;
let tree: string;
const workspace = temporaryWorkspace('cluster-89abcdef');

beforeAll(() => {
  rpms = [...buildRpms(LIBVIRT), ...buildRpms(QEMU)];
});
beforeEach(() => {
  tree = temporaryFolder('kubevirt');
  for (const folder of ['rpm', 'examples', 'kubevirtci/cluster-up']) mkdirSync(join(tree, folder), { recursive: true });
  const files = { Makefile: MAKEFILE, then: '', WORKSPACE: 'a = 1\n', 'rpm/BUILD.bazel': '', 'examples/vmi-alpine-efi.yaml': VMI };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(tree, path), text);
});

function kind(name: string, env: NodeJS.ProcessEnv = {}, planning = false): NodeKind {
  const found = nodeKinds({ env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env }, serverEntry: '/none', planning }).get(name);
  return found ?? expect.fail(`there is no kind ${name}`);
}

const output = (data: Json): NodeOutput => ({ dir: '/none', files: [], data, digest: 'sha256:0' });

async function failureOf(promise: Promise<unknown>): Promise<FailureError['failure']> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error: FailureError) => error.failure,
  );
}

/** What a virt-launcher that runs the build holds, as a folder. */
function image(but: Readonly<Record<string, string>> = {}): string {
  const root = temporaryFolder('root');
  mkdirSync(join(root, 'usr/share'), { recursive: true });
  for (const { name } of rpms) writeFileSync(join(root, 'usr/share', name), but[name] ?? `${name} \n`);
  return root;
}

async function verifyCluster(scenario: Scenario, { taken = rpms.map(({ name }) => name), arches = ['x86_64'] as VerifyClusterParams['arches'] } = {}) {
  const kubectl = new FakeKubectl({ programs: { uname: { out: 'x86_64\n' }, virsh: { out: 'Running against daemon: 12.1.0\n' }, cat: { code: 1 } }, pods: [RUNNING], ...scenario });
  const params: VerifyClusterParams = { kubevirt: tree, kubectl: kubectl.program, treesCluster: false, streams: [{ basesystem: 'centos-stream-9', stream: 9 }], arches, packages: [], timeout: 1 };
  const rows = rpms.map(({ name }) => ({ name, arch: 'x86_64', stream: 9, verdict: taken.includes(name) ? 'taken' : 'not needed', trees: taken.includes(name) ? ['launcherbase_x86_64_cs9'] : [] }));
  const needs = new Map([
    ['createrepo', output({ generation: 'g', repos: await publishRpms(workspace, rpms) })],
    ['serve', output({ mode: 'process' })],
    ['verify', output({ proof: { rows } })],
  ]);
  const { context, lines } = nodeContext({ id: 'verify-cluster', kind: 'verify-cluster', params }, workspace, undefined, needs);
  return { kubectl, params, context, lines, run: () => kind('verify-cluster').run(params, context) as Promise<unknown> };
}

test('real RPMs, real files: the proof compares each file with the digest in its RPM’s header, and a cluster that changed makes it stale', async () => {
  const { kubectl, params, context, lines, run } = await verifyCluster({ root: image() });
  const fact = (await run()) as VerifyClusterFact;
  expect(fact.proof).toMatchObject({ proven: true, complaints: [] });
  expect(fact.proof.rows.map(({ name, files, equal }) => [name, files, equal])).toEqual(rpms.map(({ name }) => [name, 1, 1]));
  expect(lines[0]).toBe(`crpm: the cluster is asked with ${kubectl.program} (cluster.kubectl names it), context test-context`);
  expect(kubectl.machines()).toEqual([]);
  const recorded = output(fact as unknown as Json);
  const stale = (planning = false) => kind('verify-cluster', {}, planning).stale?.(params, recorded, context);
  expect(await stale()).toBeUndefined();
  const calls = kubectl.calls().length;
  expect(await stale(true)).toBe('whether the cluster is still the same one is asked when it runs');
  expect(kubectl.calls()).toHaveLength(calls);
  kubectl.play({ kubevirt: '99999999-aaaa-bbbb-cccc-dddddddddddd/1 ' });
  expect(await stale()).toBe('KubeVirt in the cluster was installed anew, or removed, since');
});

test('bytes that differ make 1 and are named; what virt-launcher’s trees do not take is not asked for', async () => {
  const { kubectl, run } = await verifyCluster({ root: image({ 'qemu-kvm-core': 'the official one', 'libvirt-devel': 'whatever' }) }, { taken: ['qemu-kvm-core', 'libvirt-libs'] });
  const failure = await failureOf(run());
  expect(failure).toMatchObject({ class: 'proof', message: 'the cluster does not run the build: 1 file of qemu-kvm-core in virt-launcher is not what qemu-kvm-core-10.1.0-20.el9.crpm0001 holds: /usr/share/qemu-kvm-core' });
  expect(failure.lines).toContain('differs: /usr/share/qemu-kvm-core (qemu-kvm-core)');
  expect((failure.data as unknown as VerifyClusterFact).proof.rows.map(({ name }) => name)).toEqual(['libvirt-libs', 'qemu-kvm-core']);
  expect(kubectl.machines()).toEqual([]);
});

test('a node of an architecture that was not built, and a cluster that does not answer, are said to be that', async () => {
  const foreign = await verifyCluster({ root: image() }, { arches: ['aarch64'] });
  expect(await failureOf(foreign.run())).toMatchObject({ class: 'proof', message: 'virt-launcher runs on a node of x86_64, and RPMs were built for aarch64' });
  const down = await verifyCluster({ down: true });
  expect(await failureOf(down.run())).toMatchObject({ class: 'environment', message: `no cluster answers ${down.kubectl.program}`, lines: ['The connection to the server 127.0.0.1:6443 was refused'] });
});

test('cluster-up runs KubeVirt’s target only where no cluster answers', async () => {
  const kubectl = new FakeKubectl({ down: true });
  const params: ClusterParams = { kubevirt: tree, kubectl: kubectl.program, treesCluster: true };
  const { context, lines } = nodeContext({ id: 'cluster-up', kind: 'cluster-up', params }, workspace);
  const run = () => kind('cluster-up').run(params, context);
  expect(await failureOf(run())).toMatchObject({ class: 'environment', message: `no cluster answers ${kubectl.program}` });
  expect(await kind('cluster-up').stale?.(params, output({}), context)).toBe('no cluster answers');
  writeFileSync(join(tree, 'then'), `echo '{}' > ${join(kubectl.folder, 'scenario.json')}\n`);
  await run();
  expect(await kind('cluster-up').stale?.(params, output({}), context)).toBeUndefined();
  await run();
  expect(lines.at(-2)).toBe('crpm: a cluster answers already');
  expect(readFileSync(join(tree, 'called'), 'utf8').match(/^cluster-up/gm)).toHaveLength(2);
});

test('cluster-sync runs KubeVirt’s target in the user’s tree with the stream of the build, and holds until tree or cluster change', async () => {
  const kubectl = new FakeKubectl({});
  const params = { kubevirt: tree, kubectl: kubectl.program, treesCluster: true, stream: 10 };
  const { context } = nodeContext({ id: 'cluster-sync', kind: 'cluster-sync', params }, workspace);
  const sync = kind('cluster-sync', { KUBEVIRT_CENTOS_STREAM_VERSION: '9', https_proxy: 'http://proxy:3128' });
  const fact = await sync.run(params, context);
  expect(readFileSync(join(tree, 'called'), 'utf8')).toBe(`cluster-sync stream=10 no_proxy=127.0.0.1,localhost in ${tree}\n`);
  expect(await sync.stale?.(params, output(fact), context)).toBeUndefined();
  kubectl.play({ clusterUid: '22222222-2222-3333-4444-555555555555' });
  expect(await sync.stale?.(params, output(fact), context)).toBe('it is another cluster than the last time');

  const before = await sync.inputs(params, context);
  writeFileSync(join(tree, 'WORKSPACE'), 'a = 2\n');
  expect((await sync.inputs(params, context)).filter(({ value }, index) => value !== before[index]?.value).map(({ name }) => name)).toEqual(['kubevirt/WORKSPACE']);

  writeFileSync(join(tree, 'fails'), '');
  expect(await failureOf(sync.run(params, context))).toMatchObject({ class: 'build', message: 'KubeVirt’s make cluster-sync ended with exit code 2'.replace('’', "'"), lines: expect.arrayContaining(['ERROR: the registry is down']) as string[] });
});

test('which kubectl is asked follows from config, environment and tree', async () => {
  const { chooseKubectl } = await import('../../src/cluster/choose-kubectl.js');
  const wrapper = join(tree, 'kubevirtci/cluster-up/kubectl.sh');
  const path = temporaryFolder('path');
  const executable = (file: string) => {
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, 0o755);
  };
  const choose = (env: NodeJS.ProcessEnv = {}, treesCluster = false, given?: string) => chooseKubectl({ kubevirt: tree, treesCluster, ...(given === undefined ? {} : { given }) }, { PATH: path, ...env }).program;
  expect(() => choose()).toThrow('there is no kubectl on PATH');
  executable(join(path, 'kubectl'));
  expect(choose()).toBe(join(path, 'kubectl'));
  executable(wrapper);
  expect(choose()).toBe(join(path, 'kubectl'));
  expect(choose({}, true)).toBe(wrapper);
  mkdirSync(join(tree, 'kubevirtci/_ci-configs/k8s-1.36'), { recursive: true });
  writeFileSync(join(tree, 'kubevirtci/_ci-configs/k8s-1.36/.kubeconfig'), '');
  expect(choose()).toBe(wrapper);
  expect(choose({ KUBEVIRT_PROVIDER: 'kind-1.35' })).toBe(join(path, 'kubectl'));
  expect(choose({ KUBECONFIG: '/x' })).toBe(join(path, 'kubectl'));
  executable(join(path, 'oc'));
  expect(choose({}, true, 'oc')).toBe(join(path, 'oc'));
  expect(() => choose({}, false, 'nope')).toThrow('cluster.kubectl: nope is not on PATH');
  expect(existsSync(join(tree, 'called'))).toBe(false);
});
