import { createHash } from 'node:crypto';
import type { OwnerReference } from './objects.js';
import { CA_DIR, CA_FILE, CACHE_ROOT, CONTAINER, SCRATCH, SECRET_DIR, WORK_ROOT } from './places.js';

/** What is the same for all Jobs of an engine, from the config. */
export interface JobDefaults {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly imagePullSecrets: readonly string[];
  readonly resources: Resources;
  /** Seconds that a Job may take in all. */
  readonly deadline: number;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: 'Exists' | 'Equal';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  readonly tolerationSeconds?: number;
}

/** Quantities as Kubernetes writes them, `2`, `500m`, `8Gi`. */
export interface Resources {
  readonly cpu?: string;
  readonly memory?: string;
  readonly ephemeralStorage?: string;
}

/** One program, run once. */
export interface JobPlan {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owner: OwnerReference;
  /** `registry/repository@sha256:…` */
  readonly image: string;
  /** Go's name, `amd64`. */
  readonly goArch: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Bytes that the program may use; over the config's. */
  readonly memory?: number | undefined;
  /** A claim that is the work folder instead of an empty one. */
  readonly claim?: string | undefined;
  /** A claim for the shared cache. */
  readonly cacheClaim?: string | undefined;
  /** A Secret with what the pod tells the registry. */
  readonly secret?: string | undefined;
  /** A ConfigMap with the authorities of the registry's certificate. */
  readonly authorities?: string | undefined;
}

/** What stays after a Job ended, should nobody fetch it: a day. */
const TTL = 86_400;
/** Seconds between SIGTERM and SIGKILL. */
const GRACE = 2;
/** What a pod asks of its node's disk where the config says nothing, and what it may take at most: a build of QEMU wants about 10 GiB. */
const STORAGE = { request: '1Gi', limit: '40Gi' };
/** What rpmbuild, dnf and tar do as root: own files, change modes, become another user, set file capabilities, kill what they started. All are within the baseline policy. */
const CAPABILITIES = ['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'SETFCAP', 'SETGID', 'SETUID', 'SYS_CHROOT'];

/** Kubernetes puts variables into arguments and values: `$(NAME)`; a doubled `$` is a plain one. */
export function escapeDollar(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** The Job, whole. Its pod runs once, has no token of the cluster's, and ends for certain. */
export function jobManifest(plan: JobPlan, defaults: JobDefaults) {
  const { cpu, memory, ephemeralStorage } = defaults.resources;
  const bound = plan.memory === undefined ? memory : String(plan.memory);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: plan.name, labels: plan.labels, annotations: plan.annotations, ownerReferences: [plan.owner] },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      activeDeadlineSeconds: defaults.deadline,
      ttlSecondsAfterFinished: TTL,
      template: {
        metadata: { labels: plan.labels, annotations: plan.annotations },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: GRACE,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          // Programs write it into what they build.
          hostname: 'crpm',
          nodeSelector: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': plan.goArch, ...defaults.nodeSelector },
          ...(defaults.tolerations.length > 0 ? { tolerations: defaults.tolerations } : {}),
          ...(defaults.imagePullSecrets.length > 0 ? { imagePullSecrets: defaults.imagePullSecrets.map((name) => ({ name })) } : {}),
          securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: CONTAINER,
              image: plan.image,
              imagePullPolicy: 'IfNotPresent',
              command: plan.command.map(escapeDollar),
              env: Object.entries(plan.env).map(([name, value]) => ({ name, value: escapeDollar(value) })),
              workingDir: '/',
              terminationMessagePolicy: 'File',
              securityContext: { runAsUser: 0, runAsGroup: 0, privileged: false, capabilities: { drop: ['ALL'], add: CAPABILITIES } },
              resources: {
                requests: { ...(cpu === undefined ? {} : { cpu }), ...(bound === undefined ? {} : { memory: bound }), 'ephemeral-storage': ephemeralStorage ?? STORAGE.request },
                limits: { ...(bound === undefined ? {} : { memory: bound }), 'ephemeral-storage': ephemeralStorage ?? STORAGE.limit },
              },
              volumeMounts: [
                { name: 'work', mountPath: WORK_ROOT },
                { name: 'scratch', mountPath: SCRATCH },
                ...(plan.cacheClaim === undefined ? [] : [{ name: 'cache', mountPath: CACHE_ROOT }]),
                ...(plan.secret === undefined ? [] : [{ name: 'secret', mountPath: SECRET_DIR, readOnly: true }]),
                ...(plan.authorities === undefined ? [] : [{ name: 'authorities', mountPath: CA_DIR, readOnly: true }]),
              ],
            },
          ],
          volumes: [
            { name: 'work', ...(plan.claim === undefined ? { emptyDir: {} } : { persistentVolumeClaim: { claimName: plan.claim } }) },
            { name: 'scratch', emptyDir: {} },
            ...(plan.cacheClaim === undefined ? [] : [{ name: 'cache', persistentVolumeClaim: { claimName: plan.cacheClaim } }]),
            ...(plan.secret === undefined ? [] : [{ name: 'secret', secret: { secretName: plan.secret, defaultMode: 0o400 } }]),
            ...(plan.authorities === undefined ? [] : [{ name: 'authorities', configMap: { name: plan.authorities, items: [{ key: CA_FILE, path: CA_FILE }] } }]),
          ],
        },
      },
    },
  };
}

/** By which a Job that is there already is known to do the very same. */
export const SPEC_HASH = 'dev.crpm/spec';

/** Of all that decides what a Job does; not of who asked. */
export function specHash({ image, goArch, command, env, memory, claim }: Omit<JobPlan, 'name' | 'labels' | 'annotations' | 'owner'>): string {
  const facts = [image, goArch, command, Object.entries(env).sort(), memory ?? null, claim ?? null];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}
