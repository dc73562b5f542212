import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServeConfig, WorkspacePaths } from '@crpm/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { repositoryStatus } from '../../src/serve/repository-status.js';
import { publish, REPOMD, temporaryWorkspace } from './support/repository.js';

let answers: Record<string, string>;
let server: Server;
let baseUrl: string;
let workspace: WorkspacePaths;
beforeEach(async () => {
  workspace = temporaryWorkspace();
  answers = {};
  server = createServer(({ url = '' }, response) => {
    const body = answers[url.slice(1)];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
});

const ask = (serve: ServeConfig) => repositoryStatus({ workspace, serve, env: {}, signal: new AbortController().signal });

test('a published repository is asked for its index', async () => {
  expect(await ask({ mode: 'published', baseUrl })).toEqual({ baseUrl: `${baseUrl}/`, running: false, why: `GET ${baseUrl}/repodata/repomd.xml: status 404` });
  answers['repodata/repomd.xml'] = '<repomd/>';
  expect(await ask({ mode: 'published', baseUrl })).toEqual({ baseUrl: `${baseUrl}/`, running: true });
});

test('a server of the user’s must answer with the generation that is current', async () => {
  await publish(workspace, 'first');
  answers[REPOMD] = 'of yesterday';
  expect((await ask({ mode: 'none', baseUrl })).why).toContain('answers with another repository');
  answers[REPOMD] = 'first';
  expect(await ask({ mode: 'none', baseUrl })).toEqual({ baseUrl: `${baseUrl}/`, running: true });
});

test('of crpm’s own server the address is known while it does not run; of the builder’s volume nobody can tell', async () => {
  expect(await ask({ mode: 'process', port: 1 })).toEqual({ baseUrl: 'http://127.0.0.1:1/', running: false });
  expect(await ask({ mode: 'volume' })).toEqual({ baseUrl: 'file:///root/.crpm/test-0123abcd/' });
});
