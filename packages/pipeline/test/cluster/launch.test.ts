import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FailureError, NodeReporter } from '@crpm/core';
import { askLauncher } from '../../src/cluster/ask-launcher.js';
import { endedBy, execIn } from '../../src/cluster/exec.js';
import { batches, hashFiles, parseAnswers } from '../../src/cluster/hash-files.js';
import { identify, otherCluster } from '../../src/cluster/identity.js';
import { openKubectl } from '../../src/cluster/kubectl.js';
import { withLauncher, type Launcher } from '../../src/cluster/launch.js';
import { temporaryWorkspace } from '../serve/support/repository.js';
import { temporaryFolder } from '../serve/support/temporary.js';
import { FakeKubectl, RUNNING, type Scenario } from './support/fake-kubectl.js';

const VMI = `---
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata: { name: vmi-alpine-efi, labels: { special: vmi-alpine-efi }, resourceVersion: "7" }
spec: { domain: { memory: { guest: 1Gi } } }
`;
const workspace = temporaryWorkspace('cluster-0123abcd');

function open(scenario: Scenario) {
  const fake = new FakeKubectl(scenario);
  return { fake, kubectl: openKubectl({ program: fake.program, name: 'kubectl' }, process.env) };
}

function launch<T>(kubectl: ReturnType<typeof open>['kubectl'], use: (launcher: Launcher) => Promise<T>, { signal = new AbortController().signal, timeoutMs = 30_000, text = VMI } = {}) {
  const warnings: string[] = [];
  const report: NodeReporter = { line: () => undefined, status: () => undefined, warn: (warning) => warnings.push(warning) };
  return { warnings, done: withLauncher(kubectl, { manifest: { file: '/tree/vmi.yaml', text }, workspace, timeoutMs, report, signal }, use) };
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error: FailureError) => error.failure,
  );

describe('a machine for the proof', () => {
  test('is created under a name and labels of its own beside the user’s, waited for, and deleted', async () => {
    const { fake, kubectl } = open({ pods: [null, { phase: 'Pending' }, RUNNING] });
    fake.add('vmi-alpine-efi', { special: 'vmi-alpine-efi' });
    const { done, warnings } = launch(kubectl, (launcher) => Promise.resolve({ launcher, machines: fake.machines() }));
    const { launcher, machines } = await done;
    const [users, ours] = machines;
    expect(users?.name).toBe('vmi-alpine-efi');
    expect(ours?.name).toMatch(/^crpm-verify-[0-9a-f]{8}$/);
    expect(ours?.labels).toMatchObject({ special: 'vmi-alpine-efi', 'dev.crpm/attempt': ours?.name, 'dev.crpm/owner': expect.stringMatching(/^[0-9a-f]{12}\.cluster-0123abcd$/) as string });
    expect(launcher).toEqual({ namespace: 'default', pod: `virt-launcher-${ours?.name ?? ''}-x7k2p`, container: 'compute', image: `registry:5000/kubevirt/virt-launcher:devel@sha256:${'c'.repeat(64)}` });
    expect(fake.machines()).toEqual([users]);
    expect(warnings).toEqual([]);
  });

  test('that a killed run left behind goes first; one of another workspace stays', async () => {
    const { fake, kubectl } = open({ pods: [RUNNING] });
    await launch(kubectl, () => {
      const owner = fake.machines()[0]?.labels['dev.crpm/owner'] ?? '';
      fake.add('crpm-verify-dead', { 'dev.crpm/attempt': 'crpm-verify-dead', 'dev.crpm/owner': owner });
      fake.add('crpm-verify-others', { 'dev.crpm/attempt': 'crpm-verify-others', 'dev.crpm/owner': `000000000000.cluster-0123abcd` });
      return Promise.resolve();
    }).done;
    expect(fake.machines().map(({ name }) => name)).toEqual(['crpm-verify-dead', 'crpm-verify-others']);
    await launch(kubectl, () => Promise.resolve()).done;
    expect(fake.machines().map(({ name }) => name)).toEqual(['crpm-verify-others']);
  });

  test('that does not come up in time: what it waits for, and what the cluster says of it', async () => {
    const pending = { phase: 'Pending', containerStatuses: [{ name: 'compute', state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "registry:5000/x"' } } }] };
    const { fake, kubectl } = open({ pods: [pending], events: [{ kind: 'Pod', reason: 'Failed', message: 'manifest unknown\u001b[31m' }] });
    const failure = await failureOf(launch(kubectl, () => Promise.resolve(), { timeoutMs: 1 }).done);
    expect(failure).toMatchObject({ class: 'environment', message: expect.stringMatching(/^virt-launcher of crpm-verify-\S+ did not run within 0\.001 s: the pod virt-launcher-\S+ is Pending; its container compute waits: ImagePullBackOff: Back-off pulling image "registry:5000\/x"$/) as string });
    expect(failure.lines).toEqual([expect.stringMatching(/^Pod crpm-verify-\S+: Failed: manifest unknown$/)]);
    expect(fake.machines()).toEqual([]);
  });

  test('whose pod ended is not waited for', async () => {
    const { kubectl } = open({ pods: [{ phase: 'Failed', message: 'The node was low on resource: memory.' }] });
    expect((await failureOf(launch(kubectl, () => Promise.resolve()).done)).message).toMatch(/ended before anything could be asked of it: the pod \S+ is Failed; The node was low on resource: memory\.$/);
  });

  test('is deleted after a failure and after a Ctrl-C, by calls that the Ctrl-C does not end', async () => {
    const failing = open({ pods: [RUNNING] });
    expect(await launch(failing.kubectl, () => Promise.reject(new Error('oops'))).done.catch((error: Error) => error.message)).toBe('oops');
    expect(failing.fake.machines()).toEqual([]);

    const hanging = join(temporaryFolder('hang'), 'asked');
    const { fake, kubectl } = open({ hangsAt: hanging });
    const stop = new AbortController();
    const { done } = launch(kubectl, () => Promise.resolve(), { signal: stop.signal });
    const ended = done.catch((error: Error) => error.message);
    await expect.poll(() => existsSync(hanging), { timeout: 20_000 }).toBe(true);
    expect(fake.machines()).toHaveLength(1);
    stop.abort(new Error('stopped'));
    expect(await ended).toBe('stopped');
    expect(fake.machines()).toEqual([]);
  });

  test('that the cluster refuses: its words, but no secret', async () => {
    const { kubectl } = open({ createFails: 'admission webhook denied the request', stderr: 'Authorization: Bearer abc.def\n' });
    const failure = await failureOf(launch(kubectl, () => Promise.resolve()).done);
    expect(failure).toMatchObject({ class: 'environment', message: 'kubectl create --filename ended with exit code 1: admission webhook denied the request' });
    expect(failure.lines).toEqual(['Authorization: Bearer …', 'admission webhook denied the request']);
  });

  test.each([
    ['kind: [', 'is no YAML: '],
    ['kind: VirtualMachine', 'holds a VirtualMachine'],
    ['', 'holds 0 objects'],
    [`${VMI}${VMI}`, 'holds 2 objects'],
    ['- 1', 'holds something else'],
  ])('from a manifest %j is refused', async (text, why) => {
    const { fake, kubectl } = open({});
    expect(await failureOf(launch(kubectl, () => Promise.resolve(), { text }).done)).toMatchObject({ class: 'usage', message: expect.stringContaining(`/tree/vmi.yaml ${why}`) as string });
    expect(existsSync(join(fake.folder, 'calls'))).toBe(false);
  });
});

const AT: Launcher = { namespace: 'default', pod: 'p', container: 'compute', image: 'i' };
const signal = new AbortController().signal;

describe('what a container says', () => {
  test('counts only with the end mark: a stream that closed is asked again, then nobody knows', async () => {
    const { fake, kubectl } = open({ programs: { virsh: { out: 'Running against daemon: 12.1.0\n', cut: true } } });
    expect(await failureOf(execIn(kubectl, AT, ['virsh', 'version'], signal))).toMatchObject({ class: 'environment', message: 'what virsh printed in the container compute of p came cut, 3 times' });
    expect(fake.calls()).toHaveLength(3);
    expect(endedBy('x\nend-1 0\n', 'end-1')).toEqual({ code: 0, out: 'x' });
    for (const out of ['x\nend-1 0', 'x\nend-1 0\nmore\n', 'end-1 0\n', 'x\nend-2 0\n', 'x\nend-1 \n']) expect(endedBy(out, 'end-1')).toBeUndefined();
  });

  test('is the exit code of the program, not of kubectl', async () => {
    const { kubectl } = open({});
    expect(await execIn(kubectl, AT, ['sh', '-c', 'echo out; echo err >&2; exit 7'], signal)).toEqual({ code: 7, out: 'out\n', said: ['err'] });
  });

  test('without an end is cut off', async () => {
    const { kubectl } = open({ programs: { virsh: { endless: true } } });
    expect((await failureOf(execIn(kubectl, AT, ['virsh'], signal))).message).toContain('printed without an end');
  });

  test('sha256s come in the order of the files, whatever these are called', async () => {
    const root = temporaryFolder('image');
    const names = ['plain', 'with space', "quote'\"", '$(touch x)', 'new\nline', '-n', '%2e'];
    mkdirSync(join(root, 'bin'));
    for (const name of names) writeFileSync(join(root, 'bin', name), name);
    mkdirSync(join(root, 'folder'));
    const { kubectl } = open({ root });
    const paths = [...names.map((name) => `/bin/${name}`), '/nowhere', '/folder'];
    const found = await hashFiles(kubectl, AT, paths, signal);
    expect([...found]).toEqual([...names.map((name) => [`/bin/${name}`, createHash('sha256').update(name).digest('hex')]), ['/nowhere', 'missing'], ['/folder', 'unreadable']]);
    expect(existsSync('x')).toBe(false);
  });

  test('with one line too many or too few, nothing counts', async () => {
    const sum = 'a'.repeat(64);
    expect(parseAnswers(`${sum}\nmissing\n`, 2)).toEqual([sum, 'missing']);
    for (const out of [`${sum}\n`, `${sum}\n${sum}\n${sum}\n`, `${sum}\nMISSING\n`, `${sum}\n${sum} \n`, '']) expect(parseAnswers(out, 2)).toBeUndefined();
    const { kubectl } = open({ programs: { sh: { out: `${sum}\n` } } });
    expect(await failureOf(hashFiles(kubectl, AT, ['/a', '/b'], signal))).toMatchObject({ class: 'environment', message: expect.stringContaining('gave no answer that makes sense') as string });
  });

  test('is asked in batches that fit into a request', () => {
    const paths = Array.from({ length: 1000 }, (_, index) => `/usr/share/${'ä'.repeat(40)}/${index}`);
    const all = batches(paths);
    expect(all.flat()).toEqual(paths);
    for (const batch of all) expect(batch.map(encodeURIComponent).join('&command=').length).toBeLessThan(16_000);
    expect(batches([])).toEqual([]);
  });

  test('of its versions, its distribution and its files makes the evidence; libvirt may take a moment', async () => {
    const root = temporaryFolder('image');
    writeFileSync(join(root, 'libvirt.so'), 'lib');
    const { kubectl } = open({
      root,
      programs: { virsh: { out: 'Running against daemon: 12.1.0\n' }, '/usr/libexec/qemu-kvm': { code: 127 }, cat: { out: 'ID="centos"\nVERSION_ID="10"\n' } },
    });
    const lines: string[] = [];
    const rpms = [{ name: 'libvirt-libs', version: '12.1.0', release: '1', package: 'libvirt', source: 'libvirt', files: [{ path: '/libvirt.so', sha256: 'x' }] }];
    const evidence = await askLauncher(kubectl, AT, { stream: 9, rpms, timeoutMs: 1, report: { line: (text) => lines.push(text), status: () => undefined }, signal });
    expect(evidence).toMatchObject({ imageStream: 10, virsh: { text: 'Running against daemon: 12.1.0\n' }, qemu: { error: 'it ended with exit code 127' } });
    expect([...evidence.found]).toEqual([['/libvirt.so', createHash('sha256').update('lib').digest('hex')]]);
    expect(lines).toEqual(['Running against daemon: 12.1.0', '/usr/libexec/qemu-kvm: it ended with exit code 127']);
  });
});

test('a cluster is known by ids that are new whenever it, or KubeVirt in it, is made anew', async () => {
  const { fake, kubectl } = open({});
  const first = await identify(kubectl, signal);
  expect(first).toEqual({ cluster: '11111111-2222-3333-4444-555555555555', kubevirt: 'none' });
  fake.play({ kubevirt: '99999999-aaaa-bbbb-cccc-dddddddddddd/2 ' });
  const synced = await identify(kubectl, signal);
  fake.play({ clusterUid: '22222222-2222-3333-4444-555555555555' });
  const other = await identify(kubectl, signal);
  fake.play({ down: true });
  const none = await identify(kubectl, signal);
  if (!first || !synced) return expect.fail('it answered');
  expect([otherCluster(first, first), otherCluster(first, synced), otherCluster(synced, other), otherCluster(first, none)]).toEqual([
    undefined,
    'KubeVirt in the cluster was installed anew, or removed, since',
    'it is another cluster than the last time',
    'no cluster answers',
  ]);
});
