import { join } from 'node:path';

/** Where the user's files are; what the search looks at. */
export interface CredentialSources {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  /** Content of a file, or nothing if it can't be read. */
  read(path: string): string | undefined;
}

export function dockerConfigFolder(env: NodeJS.ProcessEnv, home: string): string {
  return env['DOCKER_CONFIG'] ?? join(home, '.docker');
}

/** In the shape that Docker's engine wants in `X-Registry-Auth`. Never logged. */
export type Credentials =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string };

interface AuthFile {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Docker Hub is filed under the address of its first API. */
const HUB = 'https://index.docker.io/v1/';

/** A credential helper may ask a person (a keychain to unlock), within reason; in milliseconds. */
const HELPER_TIMEOUT = 60_000;

/**
 * The user's credentials for a registry: the helper named for it, the store, the file itself (`~/.docker/config.json`), then Podman's file. Nothing if the user has none;
 * `warn` hears of a helper that failed, for the registry may do without.
 */
export async function findCredentials(registry: string, around: CredentialSources, warn: (line: string) => void): Promise<Credentials | undefined> {
  const docker = parse(around.read(join(dockerConfigFolder(around.env, around.home), 'config.json')));
  const serveraddress = registry === 'docker.io' ? HUB : registry;
  const helper = docker.credHelpers?.[serveraddress] ?? docker.credHelpers?.[registry] ?? docker.credsStore;
  if (helper) {
    const found = await askHelper(helper, serveraddress, around.env, warn);
    if (found) return found;
  }
  const podmanFile = around.env['REGISTRY_AUTH_FILE'] ?? (around.env['XDG_RUNTIME_DIR'] && join(around.env['XDG_RUNTIME_DIR'], 'containers', 'auth.json'));
  const podman = podmanFile ? parse(around.read(podmanFile)) : {};
  for (const file of [docker, podman]) {
    const entry = fileEntry(file, [serveraddress, registry, `https://${registry}`, `https://${registry}/v1/`, `https://${registry}/v2/`]);
    if (entry?.identitytoken) return { identitytoken: entry.identitytoken, serveraddress };
    if (!entry?.auth) continue;
    const text = Buffer.from(entry.auth, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, ''), serveraddress };
  }
  return undefined;
}

function fileEntry(file: AuthFile, keys: readonly string[]): { readonly auth?: string; readonly identitytoken?: string } | undefined {
  const auths = file.auths ?? {};
  const key = keys.find((candidate) => Object.hasOwn(auths, candidate));
  return key === undefined ? undefined : auths[key];
}

/** Speaks the protocol of docker-credential-helpers: the server's address on stdin, JSON on stdout. */
async function askHelper(name: string, server: string, env: NodeJS.ProcessEnv, warn: (line: string) => void): Promise<Credentials | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    warn(`the credential helper ${JSON.stringify(name)} of the Docker config has an impossible name; going on without it`);
    return undefined;
  }
  const { execa } = await import('execa');
  const result = await execa(`docker-credential-${name}`, ['get'], { input: server, reject: false, timeout: HELPER_TIMEOUT, env, extendEnv: false, stripFinalNewline: true });
  if (result.failed) {
    const said = `${result.stdout}${result.stderr}`;
    if (!/credentials not found/i.test(said)) warn(`docker-credential-${name} gave no credentials for ${server} (${result.shortMessage?.split('\n')[0] ?? 'it failed'}); going on without`);
    return undefined;
  }
  try {
    const { Username, Secret } = JSON.parse(result.stdout) as { Username?: string; Secret?: string };
    if (!Username || Secret === undefined) return undefined;
    return Username === '<token>' ? { identitytoken: Secret, serveraddress: server } : { username: Username, password: Secret, serveraddress: server };
  } catch {
    warn(`docker-credential-${name} answered with something that is no JSON; going on without`);
    return undefined;
  }
}

function parse(text: string | undefined): AuthFile {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
