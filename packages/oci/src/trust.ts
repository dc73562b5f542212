import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

/** Where distributions keep the authorities that this machine trusts: Debian, Fedora and RHEL, SUSE, Alpine. */
const SYSTEM = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem', '/etc/ssl/cert.pem'];

/** Where Docker and Podman look for the authorities of one registry. */
const OF_REGISTRY = ['/etc/docker/certs.d', '/etc/containers/certs.d'];

/** Certificates to verify a registry with: Node's own, the machine's, what the environment names, and what Docker would take for this registry. PEM. */
export function trustedFor(registry: string, env: NodeJS.ProcessEnv, system: readonly string[] = SYSTEM, ofRegistry: readonly string[] = OF_REGISTRY): string[] {
  const machine = system.flatMap((file) => read(file) ?? []).slice(0, 1);
  return [...rootCertificates, ...machine, ...authoritiesNamedFor(registry, env, ofRegistry)];
}

/** Of those, what somebody named for this user or this registry: nothing that every machine has. PEM. */
export function authoritiesNamedFor(registry: string, env: NodeJS.ProcessEnv, ofRegistry: readonly string[] = OF_REGISTRY): string[] {
  const named = ['CRPM_CA_BUNDLE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => env[name] ?? []);
  return [...named, ...ofRegistry.flatMap((folder) => certificatesIn(join(folder, registry)))].flatMap((file) => read(file) ?? []);
}

function certificatesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.crt')).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
