import { escapeDollar, jobManifest, specHash, type JobDefaults, type JobPlan } from '@crpm/engines/kubernetes/job';
import { labelValue, metadataOf, ownerOf } from '@crpm/engines/kubernetes/names';
import { runInWork } from '@crpm/engines/kubernetes/wrapper';
import { describe, expect, it } from 'vitest';

const labels = { workspace: 'kubevirt-0123abcd', run: 'run1', node: 'libvirt.rpmbuild@aarch64_cs10' };
const plan: JobPlan = {
  name: 'crpm-abc-0',
  ...(metadataOf(labels, 'job') as Required<Pick<JobPlan, 'labels' | 'annotations'>>),
  owner: { apiVersion: 'v1', kind: 'ConfigMap', name: 'crpm-work-1', uid: 'u' },
  image: `registry:5000/crpm@sha256:${'0'.repeat(64)}`,
  goArch: 'arm64',
  command: ['sh', '-c', 'echo $$ $(HOME)'],
  env: { CRPM_OUT: 'a$(b)' },
};
const defaults: JobDefaults = { nodeSelector: {}, tolerations: [], imagePullSecrets: [], resources: {}, deadline: 14_400 };
const of = (more: Partial<JobPlan> = {}, those: Partial<JobDefaults> = {}) => jobManifest({ ...plan, ...more }, { ...defaults, ...those });
const podOf = (...given: Parameters<typeof of>) => of(...given).spec.template.spec;
const containerOf = (...given: Parameters<typeof of>) => podOf(...given).containers[0]!;

describe('a Job', () => {
  it('runs its pod once, ends for certain, and goes by itself a day later', () => {
    expect(of({}, { deadline: 60 }).spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 86_400, completions: 1, parallelism: 1 });
    expect(podOf()).toMatchObject({ restartPolicy: 'Never', terminationGracePeriodSeconds: 2 });
  });

  it('is owned, and says whose it is where a label can and where it can’t', () => {
    const { metadata, spec } = of();
    expect(metadata.ownerReferences).toEqual([plan.owner]);
    expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'crpm', 'dev.crpm/workspace': 'kubevirt-0123abcd', 'dev.crpm/node': labelValue(labels.node) });
    expect(labelValue(labels.node)).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
    expect(ownerOf({ name: 'x', ...spec.template.metadata })?.labels).toEqual(labels);
  });

  it('has no token of the cluster’s, no privilege, and the capabilities that rpmbuild and dnf need', () => {
    expect(podOf()).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false, securityContext: { seccompProfile: { type: 'RuntimeDefault' } } });
    const { securityContext } = containerOf();
    expect(securityContext).toMatchObject({ privileged: false, runAsUser: 0 });
    expect(securityContext.capabilities.drop).toEqual(['ALL']);
    // Those that Kubernetes' baseline policy lets through.
    for (const capability of securityContext.capabilities.add) expect(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT']).toContain(capability);
  });

  it('asks for what the config says, and for room on the disk in any case', () => {
    expect(containerOf().resources).toEqual({ requests: { 'ephemeral-storage': '1Gi' }, limits: { 'ephemeral-storage': '40Gi' } });
    expect(containerOf({}, { resources: { cpu: '8', memory: '16Gi', ephemeralStorage: '10Gi' } }).resources).toEqual({ requests: { cpu: '8', memory: '16Gi', 'ephemeral-storage': '10Gi' }, limits: { memory: '16Gi', 'ephemeral-storage': '10Gi' } });
    expect(containerOf({ memory: 67_108_864 }, { resources: { memory: '16Gi' } }).resources.limits).toMatchObject({ memory: '67108864' });
  });

  it('goes to a node of its architecture, with the user’s selector, tolerations and pull secrets', () => {
    const tolerations = [{ key: 'build', operator: 'Exists' }] as const;
    expect(podOf({}, { nodeSelector: { disk: 'ssd' }, tolerations, imagePullSecrets: ['regcred'] })).toMatchObject({
      nodeSelector: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64', disk: 'ssd' },
      tolerations,
      imagePullSecrets: [{ name: 'regcred' }],
    });
    expect(podOf()).not.toHaveProperty('tolerations');
  });

  it('has an empty work folder, or that of a claim; and a Secret only where there is one', () => {
    expect(podOf().volumes).toEqual([{ name: 'work', emptyDir: {} }, { name: 'scratch', emptyDir: {} }]);
    expect(podOf({ claim: 'tree', cacheClaim: 'ccache', secret: 's' }).volumes).toEqual([
      { name: 'work', persistentVolumeClaim: { claimName: 'tree' } },
      { name: 'scratch', emptyDir: {} },
      { name: 'cache', persistentVolumeClaim: { claimName: 'ccache' } },
      { name: 'secret', secret: { secretName: 's', defaultMode: 0o400 } },
    ]);
  });

  it('keeps Kubernetes from putting variables into what the user wrote', () => {
    expect(escapeDollar('$(HOME) $$ $')).toBe('$$(HOME) $$$$ $$');
    expect(containerOf().command).toEqual(['sh', '-c', 'echo $$$$ $$(HOME)']);
    expect(containerOf().env).toEqual([{ name: 'CRPM_OUT', value: 'a$$(b)' }]);
  });

  it('is the same Job when it does the same, whoever asks', () => {
    const { image, goArch, command, env } = plan;
    const rest = { image, goArch, command, env };
    const another: JobPlan = { ...plan, name: 'other', labels: {}, annotations: {} };
    expect(specHash(rest)).toBe(specHash(another));
    expect(new Set([specHash(rest), specHash({ ...rest, memory: 1 }), specHash({ ...rest, command: ['sh'] }), specHash({ ...rest, goArch: 'amd64' }), specHash({ ...rest, image: 'other' })]).size).toBe(5);
  });

  it('takes words of the user as arguments, never as shell text', () => {
    const nasty = ['; touch x', '$(touch x)', '`touch x`', '--flag', 'line\nbreak'];
    const command = runInWork({ cwd: '/crpm', argv: nasty, env: { A: '$(b)' } }, ['a b']);
    expect(command.slice(-nasty.length)).toEqual(nasty);
    expect(command[2]).toBe(runInWork({ cwd: '/', argv: ['true'], env: {} }, [])[2]);
  });
});
