import { packFiles } from '@crpm/archive';
import type { Engine, ImageSource } from '@crpm/core';
import { makeClient, type Client } from '@crpm/engines/docker/client';
import { parseEndpoint } from '@crpm/engines/docker/endpoint';
import { execute } from '@crpm/engines/docker/execute';
import { pullFailure } from '@crpm/engines/docker/pull';
import { parseReference } from '@crpm/engines/docker/reference';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { fakeEngine, hang, json, messages, openFake, type FakeEngine, type Routes } from './fake-engine.js';

const labels = { workspace: 'w-1', run: 'r', node: 'base' };
const never = new AbortController().signal;
const IMAGE: Routes = { 'GET /images/': json({ Id: 'sha256:a', Architecture: 'amd64', Config: {} }) };
const open = (engine: Engine, more: { tree?: string } = {}) => engine.openWork({ image: 'sha256:a', arch: 'x86_64', labels, signal: never, ...more });
const noContent: Routes[string] = (_request, response) => void response.writeHead(204).end();
const reset: Routes[string] = (request) => void request.socket.destroy();

/** A client whose quick calls have 100 ms. */
const impatient = async (routes: Routes): Promise<{ client: Client; fake: FakeEngine }> => {
  const fake = await fakeEngine(routes);
  onTestFinished(() => fake.close());
  const endpoint = parseEndpoint(fake.host);
  const client = await makeClient(endpoint.ok ? endpoint.value : expect.unreachable(), 100);
  onTestFinished(() => client.close());
  return { client, fake };
};

describe('an engine that hangs', () => {
  it('fails each quick call with its socket, and is not tried again', async () => {
    const { client, fake } = await impatient({ 'GET /images/': hang });
    expect(await failureOf(client.quick('looking for an image', () => client.docker.getImage('x').inspect()))).toEqual({
      class: 'environment',
      message: `the engine at ${fake.host} did not answer within 0 s (looking for an image)`,
      next: expect.stringContaining('docker version'),
    });
  });

  it('is noticed while a program runs and says nothing', async () => {
    const { client, fake } = await impatient({
      'POST /containers/c/attach': (_request, response) => void response.writeHead(200).flushHeaders(),
      'POST /containers/c/start': noContent,
      'GET /containers/c/json': hang,
    });
    const failure = await failureOf(execute(client, 'c', { argv: ['make'], image: 'i', signal: never, line: () => {}, pulse: 1 }));
    expect(failure).toMatchObject({ class: 'environment', message: `the engine at ${fake.host} did not answer within 0 s (asking whether a program still runs)` });
    expect(failure.transient).toBeUndefined();
  });
});

describe('what may pass', () => {
  const withVolumes = (create: Routes[string]): Routes => ({ ...IMAGE, 'POST /volumes/create': create! });

  it.each<[string, Routes, true | undefined]>([
    ['an error of the engine’s own', withVolumes(json({ message: 'driver is busy' }, 500)), true],
    ['a connection that is reset', withVolumes(reset!), true],
    ['a full disk', withVolumes(json({ message: 'write /var/lib/docker: no space left on device' }, 500)), undefined],
    ['a request that the engine refuses', withVolumes(json({ message: 'invalid name' }, 400)), undefined],
    ['an image that is gone', {}, undefined],
  ])('%s', async (_what, routes, transient) => {
    const { engine } = await openFake(routes);
    const failure = await failureOf(open(engine));
    expect([failure.class, failure.transient]).toEqual(['environment', transient]);
  });

  it('an engine that went away while a program ran, or before', async () => {
    const { engine, fake } = await openFake(IMAGE);
    await fake.close();
    expect(await failureOf(open(engine))).toMatchObject({ class: 'environment', transient: true, message: expect.stringContaining('no such socket') });
  });

  it('a container that somebody removed', async () => {
    const { client } = await impatient({ 'POST /containers/c/attach': (_request, response) => void response.writeHead(200).end(), 'POST /containers/c/start': noContent });
    expect(await failureOf(execute(client, 'c', { argv: ['make'], image: 'i', signal: never, line: () => {} }))).toMatchObject({ class: 'environment', transient: true });
  });

  it('never an exit code', async () => {
    const { client } = await impatient({
      'POST /containers/c/attach': (_request, response) => void response.writeHead(200).end(),
      'POST /containers/c/start': noContent,
      'GET /containers/c/json': json({ State: { Status: 'exited', Running: false, ExitCode: 137, OOMKilled: false } }),
    });
    expect(await execute(client, 'c', { argv: ['make'], image: 'i', signal: never, line: () => {} })).toEqual({ code: 137, oom: true });
  });

  it.each([
    ['toomanyrequests: You have reached your pull rate limit', true],
    ['received unexpected HTTP status: 503 Service Unavailable', true],
    ['Get "https://quay.io/v2/": net/http: TLS handshake timeout', true],
    ['Get "https://quay.io/v2/": read tcp 10.0.0.1:4711->1.2.3.4:443: read: connection reset by peer', true],
    ['Get "https://quay.io/v2/": EOF', true],
    ['Get "https://registry.example:503/v2/": dial tcp: lookup registry.example: no such host', undefined],
    ['Get "https://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused', undefined],
    ['unauthorized: access to the requested resource is not authorized', undefined],
    ['manifest for quay.io/a/b:500 not found: manifest unknown', undefined],
  ])('of pulls: %s', (reason, transient) => {
    expect(pullFailure(parseReference('quay.io/a/b:500'), reason).transient).toBe(transient);
  });

  it('a registry that is busy, told inside a 200 answer', async () => {
    const { engine } = await openFake({ 'POST /images/create': messages({ status: 'Pulling' }, { error: 'toomanyrequests: slow down' }) });
    const source: ImageSource = { kind: 'image', reference: 'quay.io/a/b:1', pull: false };
    expect(await failureOf(engine.prepareImage(source, { labels, arch: 'x86_64', signal: never, line: () => {} }))).toMatchObject({ class: 'environment', transient: true });
  });
});

describe('opening a work', () => {
  it('names a full disk', async () => {
    const { engine } = await openFake({ ...IMAGE, 'POST /volumes/create': json({ message: 'write /var/lib/docker: no space left on device' }, 500) });
    expect(await failureOf(open(engine))).toMatchObject({ class: 'environment', message: expect.stringContaining('is full') });
  });

  const broken: Routes = { ...IMAGE, 'POST /volumes/create': json({ Name: 'v' }, 201), 'POST /containers/create': json({ message: 'broken' }, 500), 'DELETE /volumes/': noContent! };

  it('makes no container, and removes its volume when none can be made', async () => {
    const { engine, fake } = await openFake(broken);
    const work = await open(engine);
    const files = packFiles([{ path: 'a', content: 'a' }]);
    expect((await failureOf(work.run({ argv: ['make'], files, signal: never, line: () => {} }))).message).toContain('broken');
    expect(files.destroyed).toBe(true);
    expect((await failureOf(work.put(packFiles([])))).message).toContain('broken');
    await work.close();
    expect(fake.requests.filter((line) => line.includes('/containers'))).toEqual([expect.stringContaining('POST /containers/create'), expect.stringContaining('POST /containers/create')]);
    expect(fake.requests.at(-1)).toMatch(/^DELETE \/volumes\/crpm-w-1-[0-9a-f]{12}/);
  });

  it('keeps a build tree even then', async () => {
    const labelled = { 'dev.crpm': '1', 'dev.crpm.workspace': 'w-1', 'dev.crpm.keeps': 'tree', 'dev.crpm.name': 'qemu' };
    const { engine, fake } = await openFake({ ...broken, 'GET /volumes/': json({ Labels: labelled }) });
    const work = await open(engine, { tree: 'qemu' });
    expect((await failureOf(work.get('RPMS'))).message).toContain('broken');
    await work.close();
    expect(fake.requests.filter((line) => /^(DELETE|POST) \/volumes/.test(line))).toEqual([]);
  });

  it('refuses volumes that are not crpm’s under all names of its build tree, and touches none', async () => {
    const { engine, fake } = await openFake({ ...IMAGE, 'GET /volumes/': json({ Labels: null }) });
    expect(await failureOf(open(engine, { tree: 'qemu' }))).toMatchObject({ class: 'environment', message: expect.stringContaining('crpm-tree-qemu-') });
    expect(new Set(fake.requests.filter((line) => line.includes('/volumes/'))).size).toBe(10);
    expect(fake.requests.filter((line) => !line.startsWith('GET'))).toEqual([]);
  });
});
