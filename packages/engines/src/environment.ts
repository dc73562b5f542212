/** Names of the proxy variables; programs disagree about the case, so both are set. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const;

/** Every name that {@link proxyVariables} may set. */
export const PROXY_NAMES: readonly string[] = PROXIES.flatMap((name) => [name, name.toLowerCase()]);

/** Names by which programs find a CA bundle: OpenSSL and Go, curl, Python requests, pip, git, Node, cargo, AWS and gcloud left aside. */
export const CA_NAMES = ['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'PIP_CERT', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS', 'CARGO_HTTP_CAINFO'] as const;

/** Where a program finds its way out: proxies in both cases, with loopback never through a proxy (the repository server is there). Empty without a proxy. */
export function proxyVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of PROXIES) {
    const value = env[name] ?? env[name.toLowerCase()];
    if (name !== 'NO_PROXY' && value) result[name] = result[name.toLowerCase()] = value;
  }
  if (Object.keys(result).length === 0) return result;
  const direct = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').map((host) => host.trim()).filter(Boolean);
  const all = [...new Set([...direct, '127.0.0.1', 'localhost'])].join(',');
  return { ...result, NO_PROXY: all, no_proxy: all };
}

/** The user's own CA bundle on this machine, by the variables that name one; nothing if none is set. */
export function caBundleFile(env: NodeJS.ProcessEnv): string | undefined {
  for (const name of ['CRPM_CA_BUNDLE', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']) if (env[name]) return env[name];
  return undefined;
}

/** Variables that point programs to a CA bundle at `path`. */
export function caVariables(path: string): Record<string, string> {
  return Object.fromEntries(CA_NAMES.map((name) => [name, path]));
}

/** PATH of an image that says nothing about it. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What every program gets, whatever the user's shell holds: the same output for the same input. */
export function baseVariables(path: string, home: string, tmp: string): Record<string, string> {
  return { PATH: path, HOME: home, LANG: 'C.UTF-8', TMPDIR: tmp };
}
