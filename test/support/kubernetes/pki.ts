import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { execa } from 'execa';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export interface Identity {
  readonly name: string;
  /** `/O=system:masters/CN=admin` */
  readonly subject: string;
  /** `DNS:localhost,IP:127.0.0.1`, for a server; else it is a client's. */
  readonly names?: string;
}

/** A certificate authority in a folder, and what it signs: NAME.crt and NAME.key. */
export async function makeAuthority(dir: string): Promise<void> {
  await openssl(dir, 'req', '-x509', ...KEY, '-days', '30', '-subj', '/CN=crpm-test', '-keyout', 'ca.key', '-out', 'ca.crt');
  await openssl(dir, 'genrsa', '-out', 'accounts.key', '2048');
  await openssl(dir, 'rsa', '-in', 'accounts.key', '-pubout', '-out', 'accounts.pub');
}

export async function sign(dir: string, { name, subject, names }: Identity): Promise<void> {
  await openssl(dir, 'req', ...KEY, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  writeFileSync(join(dir, `${name}.ext`), names === undefined ? 'extendedKeyUsage=clientAuth\n' : `subjectAltName=${names}\n`);
  await openssl(dir, 'x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', `${name}.ext`, '-out', `${name}.crt`);
}

/** The kubeconfig of an identity. */
export function kubeconfig(dir: string, name: string, server: string): string {
  const file = join(dir, `${name}.kubeconfig`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': join(dir, 'ca.crt') } }],
    users: [{ name, user: { 'client-certificate': join(dir, `${name}.crt`), 'client-key': join(dir, `${name}.key`) } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
    'current-context': 'test',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

async function openssl(cwd: string, ...argv: string[]): Promise<void> {
  await execa('openssl', argv, { cwd });
}
