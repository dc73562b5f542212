import { existsSync } from 'node:fs';
import http, { type Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import https from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { fail, FailureError } from '@crpm/core';

/** A cluster as a kubeconfig names it, and how to be believed there. */
export interface Cluster {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  readonly context: string;
  readonly namespace: string;
  /** What a request needs; asked for each, as tokens expire. */
  credentials(): Promise<Pick<RequestOptions, 'headers' | 'auth' | 'agent'>>;
  close(): void;
}

export interface ClusterChoice {
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

/** A kubeconfig that nobody named and that is there: of kubevirtci's cluster. It is only told of, for kubectl does not take it by itself. */
export interface Offered {
  readonly provider: string;
  readonly kubeconfig: string;
}

const OBTAIN = 'Get one from whoever runs the cluster, or set KUBECONFIG to the one that you have.';

/** In a pod, where kubectl finds the namespace and the token. */
const IN_CLUSTER = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * The cluster that kubectl would take: `KUBECONFIG` (several files, merged), `~/.kube/config`, or the one that this process runs in; with its exec plugins.
 * @throws FailureError `environment`: no file, one that can't be read, no such context.
 */
export async function findCluster({ context, namespace }: ClusterChoice, env: NodeJS.ProcessEnv, offered?: Offered): Promise<Cluster> {
  const { config, from } = await load(env, offered);
  const names = config.getContexts().map(({ name }) => name);
  const chosen = context ?? config.getCurrentContext();
  if (context !== undefined && !names.includes(context)) unknown(`${from} has no context ${context}`, names);
  if (!chosen || !names.includes(chosen)) unknown(chosen ? `${from} has no context ${chosen}, though it is the current one` : `${from} has no current context`, names);
  // Plain http is what kubectl proxy speaks; the library wants to be told that nothing is verified then.
  config.clusters = config.clusters.map((one) => (one.server.startsWith('http:') ? { ...one, skipTLSVerify: true } : one));
  config.setCurrentContext(chosen);
  const cluster = config.getCurrentCluster();
  if (!cluster?.server) fail({ class: 'environment', message: `the context ${chosen} of ${from} names a cluster that is not in it`, next: 'Correct the kubeconfig (kubectl config view), or name another context: engine.context.' });
  let agent: Agent | undefined;
  let material = '';
  return {
    server: cluster.server.replace(/\/+$/, ''),
    context: chosen,
    namespace: namespace ?? config.getContextObject(chosen)?.namespace ?? 'default',
    credentials: async () => {
      const options: RequestOptions = {};
      try {
        await config.applyToHTTPSOptions(options);
      } catch (error) {
        noCredentials(config, chosen, error);
      }
      // Connections are kept as long as what they are made with stays the same; one through a proxy is the library's own.
      const { headers, auth, ca, cert, key, rejectUnauthorized, servername } = options;
      if (cluster.proxyUrl) return { headers, ...(auth ? { auth } : {}), agent: options.agent };
      const now = [ca, cert, key].map(String).join('\0');
      if (now !== material) {
        agent?.destroy();
        const tls = { ca, cert, key, rejectUnauthorized, ...(servername === undefined ? {} : { servername }) };
        const kept = { keepAlive: true, maxSockets: 64 };
        agent = cluster.server.startsWith('http:') ? new http.Agent(kept) : new https.Agent({ ...kept, ...tls });
        material = now;
      }
      return { headers, ...(auth ? { auth } : {}), agent };
    },
    close: () => agent?.destroy(),
  };
}

async function load(env: NodeJS.ProcessEnv, offered: Offered | undefined): Promise<{ readonly config: KubeConfig; readonly from: string }> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const named = (env['KUBECONFIG'] ?? '').split(':').filter(Boolean);
  const usual = join(env['HOME'] ?? homedir(), '.kube', 'config');
  // As kubectl does, files that are not there are left out, unless none is.
  const files = named.length > 0 ? named.filter((file) => existsSync(file)) : [usual].filter((file) => existsSync(file));
  const [first, ...more] = files;
  if (first === undefined) {
    if (named.length === 0 && existsSync(IN_CLUSTER)) {
      config.loadFromCluster();
      return { config, from: 'the pod around crpm' };
    }
    const where = named.length > 0 ? `${named.join(', ')} (KUBECONFIG)` : usual;
    fail({ class: 'environment', message: `there is no kubeconfig: ${where} ${named.length > 1 ? 'are' : 'is'} not there`, next: offered === undefined ? OBTAIN : `kubevirtci’s ${offered.provider} has one: export KUBECONFIG=${offered.kubeconfig}` });
  }
  const from = files.join(', ');
  try {
    config.loadFromFile(first);
    for (const file of more) {
      const another = new KubeConfig();
      another.loadFromFile(file);
      config.mergeConfig(another, true);
    }
  } catch (error) {
    fail({ class: 'environment', message: `the kubeconfig ${from} can’t be read: ${(error as Error).message.split('\n')[0]}`, next: 'Correct it (kubectl config view shows the same), or set KUBECONFIG to another.' }, error);
  }
  return { config, from };
}

function unknown(message: string, names: readonly string[]): never {
  fail({ class: 'environment', message, next: names.length === 0 ? 'Set KUBECONFIG to a file that has contexts.' : `Set engine.context to one of: ${names.join(', ')}; or kubectl config use-context NAME.` });
}

function noCredentials(config: KubeConfig, context: string, error: unknown): never {
  if (error instanceof FailureError) throw error;
  const command = (config.getCurrentUser() as { exec?: { command?: string } } | null)?.exec?.command;
  const said = (error as Error).message.trim().split('\n')[0] ?? '';
  fail(
    {
      class: 'environment',
      message: command === undefined ? `the context ${context} gives no credentials: ${said}` : `${command}, which the kubeconfig names for credentials, failed: ${said}`,
      next: 'Log in again as your cluster wants it; kubectl get jobs shows the same.',
    },
    error,
  );
}
