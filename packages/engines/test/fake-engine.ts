import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '@crpm/core';
import { openDockerEngine } from '@crpm/engines/docker/index';
import { onTestFinished } from 'vitest';

export interface FakeEngine {
  /** `unix:///…` */
  readonly host: string;
  /** `METHOD /path` of every request, in order. */
  readonly requests: string[];
  /** Headers of the requests, in the same order. */
  readonly headers: IncomingMessage['headers'][];
  close(): Promise<void>;
}

/** `METHOD /path/prefix` → answer. The longest prefix that fits answers; without one, 404. */
export type Routes = Readonly<Record<string, RequestListener>>;

/** A Docker-like engine on a socket of its own that says what a test wants. */
export async function fakeEngine(routes: Routes): Promise<FakeEngine> {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-fake-'));
  const path = join(dir, 'sock');
  const requests: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const all: Routes = { 'GET /version': json({ Version: '24.0.7', ApiVersion: '1.43', Arch: 'amd64' }), ...routes };
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    requests.push(line);
    headers.push(request.headers);
    const route = Object.keys(all)
      .filter((prefix) => line.startsWith(prefix))
      .sort((a, b) => b.length - a.length)[0];
    if (route === undefined) return json({ message: `no such thing: ${line}` }, 404)(request, response);
    return all[route]!(request, response);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    requests,
    headers,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** crpm's engine on a fake one; both are closed when the test ends. */
export async function openFake(routes: Routes, env: NodeJS.ProcessEnv = {}): Promise<{ readonly engine: Engine; readonly fake: FakeEngine }> {
  const fake = await fakeEngine(routes);
  onTestFinished(() => fake.close());
  const engine = await openDockerEngine({ config: { host: fake.host, network: 'bridge' }, env, signal: new AbortController().signal });
  onTestFinished(() => engine.close());
  return { engine, fake };
}

export function json(value: unknown, status = 200): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
}

/** Messages as a pull or build sends them, one JSON document a line. */
export function messages(...values: unknown[]): RequestListener {
  return (request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(values.map((value) => `${JSON.stringify(value)}\r\n`).join(''));
    });
  };
}

/** Takes the request and never answers. */
export const hang: RequestListener = (_request: IncomingMessage, _response: ServerResponse) => {};
