/** The parts of Kubernetes' objects that crpm reads or writes, as its API has them. */
export interface Meta {
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Meta;
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface Lease extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseDurationSeconds?: number; readonly acquireTime?: string; readonly renewTime?: string };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface Job extends KubeObject {
  readonly spec?: unknown;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly active?: number;
    readonly succeeded?: number;
    readonly failed?: number;
  };
}

export interface ContainerTerminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
  readonly finishedAt?: string;
}

export interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string };
        readonly running?: { readonly startedAt?: string };
        readonly terminated?: ContainerTerminated;
      };
    }[];
  };
}

export interface KubeEvent extends KubeObject {
  readonly involvedObject: { readonly kind?: string; readonly name?: string; readonly uid?: string };
  readonly reason?: string;
  readonly message?: string;
  readonly type?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
}

export interface VolumeClaim extends KubeObject {
  readonly spec?: unknown;
  readonly status?: { readonly phase?: string; readonly capacity?: Readonly<Record<string, string>> };
}

/** What crpm works with in a namespace, and nothing else. */
export interface Kinds {
  readonly jobs: Job;
  readonly pods: Pod;
  readonly events: KubeEvent;
  readonly configmaps: ConfigMap;
  readonly leases: Lease;
  readonly secrets: KubeObject;
  readonly persistentvolumeclaims: VolumeClaim;
}

export type Resource = keyof Kinds;

/** API group, version and kind of each. */
export const GROUPS: Readonly<Record<Resource, { readonly group: string; readonly version: string; readonly kind: string }>> = {
  jobs: { group: 'batch', version: 'v1', kind: 'Job' },
  pods: { group: '', version: 'v1', kind: 'Pod' },
  events: { group: '', version: 'v1', kind: 'Event' },
  configmaps: { group: '', version: 'v1', kind: 'ConfigMap' },
  leases: { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
  secrets: { group: '', version: 'v1', kind: 'Secret' },
  persistentvolumeclaims: { group: '', version: 'v1', kind: 'PersistentVolumeClaim' },
};

/** `batch/v1`, `v1` */
export function apiVersionOf(resource: Resource): string {
  const { group, version } = GROUPS[resource];
  return group === '' ? version : `${group}/${version}`;
}
