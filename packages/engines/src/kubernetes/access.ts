import type { KubernetesConfig } from '@crpm/core';
import type { Access, KubeApi } from './api.js';

interface Rule {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
}

/** Exactly what crpm does in its namespace. */
export function rulesFor({ storageClass, cacheStorageClass }: KubernetesConfig, needsSecret: boolean): readonly Rule[] {
  return [
    { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'list', 'watch', 'delete'] },
    { group: '', resource: 'pods', verbs: ['list', 'watch'] },
    { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
    { group: '', resource: 'events', verbs: ['list'] },
    { group: '', resource: 'configmaps', verbs: ['create', 'get', 'list', 'delete'] },
    { group: 'coordination.k8s.io', resource: 'leases', verbs: ['create', 'get', 'list', 'update', 'delete'] },
    { group: '', resource: 'persistentvolumeclaims', verbs: storageClass === undefined && cacheStorageClass === undefined ? ['list'] : ['create', 'get', 'list', 'delete'] },
    ...(needsSecret ? [{ group: '', resource: 'secrets', verbs: ['create'] }] : []),
  ];
}

/** What this user may not do of it. */
export async function missingAccess(api: KubeApi, rules: readonly Rule[]): Promise<readonly Access[]> {
  const all = rulesInFull(rules);
  const answers = await Promise.all(all.map((access) => api.mayI(access)));
  return all.filter((_, i) => !answers[i]!.allowed);
}

function rulesInFull(rules: readonly Rule[]): readonly Access[] {
  return rules.flatMap(({ group, resource, subresource, verbs }) => verbs.map((verb) => ({ verb, group, resource, ...(subresource === undefined ? {} : { subresource }) })));
}

export function printAccess({ verb, group, resource, subresource }: Access): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
}

/** A Role with nothing more than that, for the administrator of the cluster; YAML. */
export function printRole(namespace: string, rules: readonly Rule[]): string {
  const lines = rules.flatMap(({ group, resource, subresource, verbs }) => [
    `  - apiGroups: ["${group}"]`,
    `    resources: ["${resource}${subresource === undefined ? '' : `/${subresource}`}"]`,
    `    verbs: [${verbs.map((verb) => `"${verb}"`).join(', ')}]`,
  ]);
  return ['apiVersion: rbac.authorization.k8s.io/v1', 'kind: Role', `metadata: { name: crpm, namespace: ${namespace} }`, 'rules:', ...lines].join('\n');
}
