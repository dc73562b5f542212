import { err, fail, ok, type Result } from '@crpm/core';
import { parseLocation, Registry, type Repository } from '@crpm/oci';

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

/** @throws FailureError `environment` without an address, `usage` for one that is none. */
export function openPlace({ registry: nodes, registryHere: here }: RegistryAddresses, env: NodeJS.ProcessEnv, warn: (line: string) => void): Place {
  if (nodes === undefined) fail({ class: 'environment', message: 'engine kubernetes has no registry: sources go to the cluster and results come back through one', next: WHAT_TO_SET });
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
