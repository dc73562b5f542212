import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fail } from '@crpm/core';
import { findProgram } from '@crpm/engines';
import type { Env } from '../serve/cri.js';

export interface ChosenKubectl {
  /** Absolute path. */
  readonly program: string;
  /** For people: `kubectl`, `kubevirtci/cluster-up/kubectl.sh`. */
  readonly name: string;
  /** Why this one. */
  readonly why: string;
}

export interface KubectlWish {
  /** Absolute folder of the KubeVirt tree. */
  readonly kubevirt: string;
  /** `cluster.kubectl` */
  readonly given?: string;
  /** KubeVirt's own scripts bring the cluster up, or KubeVirt into it: then its own kubectl is the one that sees it. */
  readonly treesCluster: boolean;
}

/** Where KubeVirt keeps its wrapper, and the folder in which kubevirtci leaves a provider's kubeconfig. */
const WRAPPERS = [
  { script: 'kubevirtci/cluster-up/kubectl.sh', configs: 'kubevirtci/_ci-configs' },
  { script: 'cluster-up/kubectl.sh', configs: '_ci-configs' },
] as const;

/** Looks at files and the environment only. Fails with class `environment` where there is no kubectl at all. */
export function chooseKubectl({ kubevirt, given, treesCluster }: KubectlWish, env: Env): ChosenKubectl {
  const onPath = (name: string) => findProgram(name, env['PATH'] ?? '', '/');
  if (given !== undefined) {
    const program = onPath(given);
    return program === undefined ? fail({ class: 'environment', message: `cluster.kubectl: ${given} is ${isAbsolute(given) ? 'not there, or not executable' : 'not on PATH'}`, next: 'Correct cluster.kubectl in the config, or remove it.' }) : { program, name: given, why: 'cluster.kubectl names it' };
  }
  const wrapper = WRAPPERS.find(({ script }) => existsSync(join(kubevirt, script)));
  const ofTree = (why: string): ChosenKubectl | undefined => wrapper && { program: join(kubevirt, wrapper.script), name: wrapper.script, why };
  const plain = onPath('kubectl');
  const ofPath = (why: string): ChosenKubectl | undefined => (plain === undefined ? undefined : { program: plain, name: 'kubectl', why });
  const chosen =
    (treesCluster ? ofTree("KubeVirt's own scripts make the cluster") : undefined) ??
    (env['KUBECONFIG'] ? ofPath('KUBECONFIG names a cluster') : undefined) ??
    (wrapper && isUp(join(kubevirt, wrapper.configs), env) ? ofTree("KubeVirt's own cluster is up") : undefined) ??
    ofPath('it is on PATH') ??
    ofTree('there is no kubectl on PATH');
  return chosen ?? fail({ class: 'environment', message: `there is no kubectl on PATH, and ${kubevirt} has no kubevirtci/cluster-up/kubectl.sh`, next: 'Install kubectl, or name it in cluster.kubectl.' });
}

/** Whether kubevirtci has left a kubeconfig: of the provider that the environment names, or of any. */
function isUp(configs: string, env: Env): boolean {
  const folder = env['KUBEVIRTCI_CONFIG_PATH'] || configs;
  const provider = env['KUBEVIRT_PROVIDER'];
  try {
    return (provider ? [provider] : readdirSync(folder)).some((name) => existsSync(join(folder, name, '.kubeconfig')));
  } catch {
    return false;
  }
}
