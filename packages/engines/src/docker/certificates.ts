import { readFileSync } from 'node:fs';
import type { PackEntry } from '@crpm/archive';
import { fail } from '@crpm/core';
import { caBundleFile, caVariables } from '../environment.js';

/** Where containers find the user's CA bundle; nothing of any distribution is there. */
export const CA_PATH = '/etc/crpm/ca-bundle.crt';

export interface Certificates {
  /** To be unpacked at `/`. */
  readonly files: readonly PackEntry[];
  readonly env: Readonly<Record<string, string>>;
  /** PEM, as it is on this machine. */
  readonly pem?: Buffer;
}

/**
 * The CA bundle that the user's environment names (`CRPM_CA_BUNDLE`, `SSL_CERT_FILE`, …), for containers with network. It becomes a file of its own that the usual variables point to;
 * the image's own trust store stays as it is, for replacing it would change what is built on it, and its tools differ by distribution. dnf reads no variable: it
 * wants `--setopt=sslcacert=$SSL_CERT_FILE`.
 */
export function certificates(env: NodeJS.ProcessEnv): Certificates {
  const file = caBundleFile(env);
  if (file === undefined) return { files: [], env: {} };
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch (error) {
    fail({ class: 'environment', message: `cannot read the CA bundle ${file} that the environment names: ${(error as Error).message}`, next: 'Correct or unset SSL_CERT_FILE and its like.' }, error);
  }
  return { files: [{ path: CA_PATH.slice(1), content: pem }], env: caVariables(CA_PATH), pem };
}
