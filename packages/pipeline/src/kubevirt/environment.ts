type Env = Readonly<Record<string, string | undefined>>;

/** What KubeVirt's scripts and the container tools they call read, and nothing else of the user's: a stray `SINGLE_ARCH` would change what is made. */
const PASSED: readonly RegExp[] = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|LANG|LC_[A-Z]+|XDG_RUNTIME_DIR|XDG_CONFIG_HOME|DBUS_SESSION_BUS_ADDRESS|SSH_AUTH_SOCK)$/,
  /^(DOCKER|DOCKERIZED|CONTAINER|CONTAINERS|PODMAN|BUILDAH)_[A-Z0-9_]+$/,
  /^(CONTAINER_HOST|KUBEVIRT_CRI|KUBEVIRT_BUILDER_IMAGE|KUBEVIRT_CS10_BUILDER_VERSION|KUBEVIRT_RUN_UNNESTED|JOB_NAME|EXECUTOR_NUMBER|GOMAXPROCS)$/,
  /^(https?_proxy|no_proxy|all_proxy)$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|CURL_CA_BUNDLE)$/,
];

/**
 * The environment of KubeVirt's scripts. `variables` is what crpm says; `copy` is the tree they run in: git must not look for a repository
 * above it. Behind a proxy, loopback is exempt: the repository is there.
 */
export function scriptEnvironment(env: Env, variables: Readonly<Record<string, string>>, copy: string): Record<string, string> {
  const result = Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.some((pattern) => pattern.test(name))));
  return { ...exemptLoopback(result), SYNC_VENDOR: 'true', GIT_CEILING_DIRECTORIES: copy.slice(0, copy.lastIndexOf('/')), ...variables };
}

/** An environment in which a proxy, if it names one, is not asked for addresses of this machine. */
export function exemptLoopback(env: Env): Record<string, string> {
  const result = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  if (!Object.keys(result).some((name) => /^(https?|all)_proxy$/i.test(name))) return result;
  const exempt = (name: string) => withLoopback(env[name] ?? env['NO_PROXY'] ?? env['no_proxy']);
  return { ...result, NO_PROXY: exempt('NO_PROXY'), no_proxy: exempt('no_proxy') };
}

function withLoopback(list: string | undefined): string {
  const hosts = (list ?? '').split(',').map((host) => host.trim()).filter(Boolean);
  return [...hosts, ...['127.0.0.1', 'localhost'].filter((host) => !hosts.includes(host))].join(',');
}

/** Name of the volume of KubeVirt's builder, shared by all checkouts of a user. */
export function builderVolume(env: Env): string {
  return `${env['JOB_NAME'] || 'kubevirt'}${env['EXECUTOR_NUMBER'] ?? ''}`;
}
