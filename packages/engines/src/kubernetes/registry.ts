import { existsSync } from 'node:fs';
import { err, fail, FailureError, ok, type Result } from '@crpm/core';
import { parseLocation, Registry, type Repository } from '@crpm/oci';
import { findCluster } from './kubeconfig.js';
import { findKubevirtci } from './kubevirtci.js';

/** One repository, by the address that the nodes and pods use and by the one that this machine uses. */
export interface Place {
  /** `registry:5000/crpm`, as a pod's image names it. */
  readonly name: string;
  /** `http://registry:5000`, as a pod asks it. */
  readonly origin: string;
  /** `crpm` */
  readonly path: string;
  readonly host: string;
  /** From here. */
  readonly repository: Repository;
  readonly registry: Registry;
}

export interface RegistryAddresses {
  /** `[http://]host[:port]/path` */
  readonly registry?: string | undefined;
  /** The same repository by another address, for this machine. */
  readonly registryHere?: string | undefined;
}

interface Address {
  readonly insecure: boolean;
  readonly host: string;
  readonly path: string;
}

const WHAT_TO_SET = 'Set engine.registry to a repository that the nodes of the cluster and this machine reach, as registry.example.com/team/crpm; or http://… where it speaks plain http.';

export interface FoundRegistry extends RegistryAddresses {
  readonly registry: string;
  /** Who says so: `engine.registry`, or the file that kubevirtci wrote. */
  readonly from: string;
}

/** Where a registry is looked for. */
export interface RegistrySearch {
  readonly options: RegistryAddresses;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute folder of the KubeVirt tree, if there is one. */
  readonly kubevirt?: string | undefined;
  /** Of the cluster that is used, if that is known: kubevirtci's registry is of no use to another. */
  readonly server?: string | undefined;
}

/**
 * The config's registry, else that of the cluster which KubeVirt's `make cluster-up` started.
 * @throws FailureError `environment` where there is neither.
 */
export async function findRegistry({ options: { registry, registryHere }, env, kubevirt, server }: RegistrySearch): Promise<FoundRegistry> {
  if (registry !== undefined) return { registry, registryHere, from: 'engine.registry' };
  const found = findKubevirtci(kubevirt, env);
  if (!found.ok) noRegistry(found.error);
  if (found.value === undefined) noRegistry('sources go to the cluster and results come back through one, and kubevirtci, whose own would be found, has started no cluster here');
  const { provider, file, nodes, here, kubeconfig } = found.value;
  // A kind node has it in its own /etc/hosts; the name servers of its pods have not.
  if (provider.startsWith('kind')) noRegistry(`kubevirtci’s ${provider} has one that its nodes know by name, and its pods do not`);
  const theirs = kubeconfig !== undefined && existsSync(kubeconfig) ? await serverOf(kubeconfig) : undefined;
  if (kubeconfig !== undefined && server !== undefined && theirs !== undefined && theirs !== server) {
    noRegistry(`that of kubevirtci’s ${provider} is for the cluster at ${theirs}, and the kubeconfig names the one at ${server}`, `For kubevirtci’s: export KUBECONFIG=${kubeconfig}. For the other: s${WHAT_TO_SET.slice(1)}`);
  }
  return { registry: `http://${nodes}/crpm`, registryHere: registryHere ?? `http://${here}/crpm`, from: `kubevirtci’s ${provider}, ${file}` };
}

function noRegistry(why: string, next = WHAT_TO_SET): never {
  fail({ class: 'environment', message: `engine kubernetes has no registry: ${why}`, next });
}

/** Nothing where a kubeconfig does not say. */
async function serverOf(kubeconfig: string): Promise<string | undefined> {
  try {
    return (await findCluster({}, { KUBECONFIG: kubeconfig })).server;
  } catch (error) {
    if (error instanceof FailureError) return undefined;
    throw error;
  }
}

/** @throws FailureError `usage` for an address that is none. */
export function openPlace({ registry: nodes, registryHere: here }: Omit<FoundRegistry, 'from'>, env: NodeJS.ProcessEnv, warn: (line: string) => void): Place {
  const there = mustParse('registry', nodes);
  const local = here === undefined ? there : mustParse('registryHere', here);
  const registry = new Registry(local.host, { env, warn, insecure: local.insecure });
  return {
    name: `${there.host}/${there.path}`,
    origin: `${there.insecure ? 'http' : 'https'}://${there.host}`,
    path: there.path,
    host: there.host,
    repository: registry.repository(local.path),
    registry,
  };
}

export function parseAddress(text: string): Result<Address, string> {
  const insecure = text.startsWith('http://');
  const location = parseLocation(text.replace(/^https?:\/\//, ''));
  if (!location.ok) return err(location.error.replace('oci://', ''));
  const { registry: host, repository: path, tag, digest } = location.value;
  return tag === undefined && digest === undefined ? ok({ insecure, host, path }) : err('a repository has no tag and no digest');
}

function mustParse(option: string, text: string): Address {
  const address = parseAddress(text);
  if (!address.ok) fail({ class: 'usage', message: `engine.${option} is no repository: ${address.error}`, next: WHAT_TO_SET });
  return address.value;
}
