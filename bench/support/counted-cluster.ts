import { readFileSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestCluster } from '../../test/support/kubernetes/cluster.js';

/** The API of the tests' cluster behind a proxy that counts calls. */
export interface CountedCluster {
  /** Path of a kubeconfig that leads through it. */
  readonly kubeconfig: string;
  /** Calls so far, by verb and resource: `create jobs`. */
  readonly calls: ReadonlyMap<string, number>;
  close(): void;
}

export async function countCalls({ layout }: TestCluster): Promise<CountedCluster> {
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => readFileSync(join(layout.pki, name)));
  const agent = new https.Agent({ keepAlive: true, ca, cert, key });
  const calls = new Map<string, number>();
  const server = http.createServer((asked, answer) => {
    const call = callOf(asked);
    calls.set(call, (calls.get(call) ?? 0) + 1);
    const sent = https.request({ host: '127.0.0.1', port: layout.apiPort, agent, method: asked.method, path: asked.url, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode ?? 500, got.headers);
      answer.flushHeaders();
      got.pipe(answer);
    });
    sent.on('error', () => answer.destroy());
    answer.on('close', () => sent.destroy());
    asked.pipe(sent);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const kubeconfig = join(layout.pki, 'counted.kubeconfig');
  const named = { clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` } }], users: [{ name: 'test', user: {} }], contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }] };
  writeFileSync(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...named, 'current-context': 'test' }));
  return {
    kubeconfig,
    calls,
    close: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

/** As Kubernetes' own words for it are. */
function callOf({ method = '', url = '' }: IncomingMessage): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, resource = pathname, name, subresource] = /\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/.exec(pathname) ?? [];
  const reads = searchParams.has('watch') ? 'watch' : name === undefined ? 'list' : 'get';
  const verb = { GET: reads, POST: 'create', PUT: 'update', DELETE: 'delete' }[method] ?? method;
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}
