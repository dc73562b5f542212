import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, ImageSource } from '@crpm/core';
import { baseImages, withCertificates } from '@crpm/engines/docker/build';
import { EngineError } from '@crpm/engines/docker/client';
import { containerOptions } from '@crpm/engines/docker/container';
import { parseReference } from '@crpm/engines/docker/reference';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { json, messages, openFake, type Routes } from './fake-engine.js';

const labels = { workspace: 'w-1', run: 'r', node: 'base' };
const never = new AbortController().signal;
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'crpm-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const start = (routes: Routes, env: NodeJS.ProcessEnv = {}) => openFake(routes, { HOME: home, PATH: process.env['PATH'], ...env });
const prepare = (engine: Engine, source: ImageSource, lines: string[] = [], signal = never) => engine.prepareImage(source, { labels, arch: 'x86_64', signal, line: (text) => lines.push(text) });
const image = (reference: string, pull = false): ImageSource => ({ kind: 'image', reference, pull });

/** An image that is there once it was pulled. */
const registry = (pull: Routes[string]): Routes => {
  let pulled = false;
  return {
    'POST /images/create': (request, response) => {
      pulled = true;
      pull!(request, response);
    },
    'GET /images/': (request, response) =>
      (pulled ? json({ Id: `sha256:${'a'.repeat(64)}`, Architecture: 'amd64', Config: { Env: [] } }) : json({ message: 'No such image' }, 404))(request, response),
  };
};

describe('pulling', () => {
  it('gives the id, says what happens, and asks for one tag only', async () => {
    const { engine, fake } = await start(registry(messages({ status: 'Pulling from centos/centos', id: 'stream9' }, { status: 'Downloading', progress: '[=>  ]', id: 'abc' }, { status: 'Pull complete', id: 'abc' })));
    const lines: string[] = [];
    expect(await prepare(engine, image('quay.io/centos/centos'), lines)).toEqual({ id: `sha256:${'a'.repeat(64)}` });
    expect(lines).toEqual(['stream9: Pulling from centos/centos', 'abc: Pull complete']);
    expect(fake.requests.find((line) => line.startsWith('POST'))).toBe('POST /images/create?fromImage=quay.io%2Fcentos%2Fcentos&tag=latest');
  });

  it('finds an error inside a 200 answer', async () => {
    const { engine } = await start(registry(messages({ status: 'Pulling' }, { error: 'net/http: TLS handshake timeout', errorDetail: { message: 'net/http: TLS handshake timeout' } })));
    expect(await failureOf(prepare(engine, image('quay.io/a/b:1')))).toMatchObject({ class: 'environment', message: 'cannot pull quay.io/a/b:1: net/http: TLS handshake timeout' });
  });

  it('tells a name that no registry knows from a network that is down', async () => {
    const { engine } = await start({ 'POST /images/create': json({ message: 'manifest for quay.io/a/b:1 not found: manifest unknown' }, 404) });
    expect(await failureOf(prepare(engine, image('quay.io/a/b:1')))).toMatchObject({ class: 'usage', next: expect.stringContaining('docker login quay.io') });
  });

  it('does not believe a pull that ends well and leaves no image', async () => {
    const { engine } = await start({ 'POST /images/create': messages({ status: 'done' }) });
    expect((await failureOf(prepare(engine, image('quay.io/a/b:1')))).message).toContain('has no such image');
  });

  it('fails when the connection breaks in the middle', async () => {
    const { engine } = await start({
      'POST /images/create': (_request, response) => {
        response.writeHead(200);
        response.write('{"status":"Pulling"}\n', () => response.destroy());
      },
    });
    expect((await failureOf(prepare(engine, image('quay.io/a/b:1')))).class).toBe('environment');
  });

  it('is cancelled by the signal', async () => {
    const controller = new AbortController();
    const { engine } = await start({
      'POST /images/create': (_request, response) => {
        response.writeHead(200);
        response.write('{"status":"Pulling"}\n');
      },
    });
    const result = engine.prepareImage(image('quay.io/a/b:1'), { labels, arch: 'x86_64', signal: controller.signal, line: () => controller.abort() });
    expect((await failureOf(result)).class).toBe('cancelled');
  });

  describe('sends the user’s credentials', () => {
    const sent = async (config: object, env: NodeJS.ProcessEnv = {}): Promise<unknown> => {
      mkdirSync(join(home, '.docker'), { recursive: true });
      writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify(config));
      const { engine, fake } = await start(registry(messages({ status: 'ok' })), env);
      await prepare(engine, image('registry.example:5000/a/b:1'));
      const header = fake.headers[fake.requests.findIndex((line) => line.startsWith('POST'))]!['x-registry-auth'];
      return header === undefined ? undefined : JSON.parse(Buffer.from(header as string, 'base64url').toString());
    };

    it('from the config file', async () => {
      const auth = Buffer.from('me:pa:ss').toString('base64');
      expect(await sent({ auths: { 'registry.example:5000': { auth } } })).toEqual({ username: 'me', password: 'pa:ss', serveraddress: 'registry.example:5000' });
    });

    it('from the helper of that registry, before the store', async () => {
      const bin = join(home, 'bin');
      mkdirSync(bin);
      const helper = join(bin, 'docker-credential-mine');
      writeFileSync(helper, '#!/bin/sh\nread server; printf \'{"ServerURL":"%s","Username":"<token>","Secret":"t-%s"}\' "$server" "$1"\n');
      chmodSync(helper, 0o755);
      const config = { credsStore: 'other', credHelpers: { 'registry.example:5000': 'mine' } };
      expect(await sent(config, { PATH: `${bin}:${process.env['PATH']}` })).toEqual({ identitytoken: 't-get', serveraddress: 'registry.example:5000' });
    });

    it('and none when there are none, or the helper is not there', async () => {
      expect(await sent({ auths: { 'quay.io': { auth: 'eDp5' } } })).toBeUndefined();
      expect(await sent({ credsStore: '../../bin/sh' })).toBeUndefined();
      expect(await sent({ credsStore: 'not-installed' })).toBeUndefined();
    });
  });
});

describe('parseReference', () => {
  it.each([
    ['debian', { registry: 'docker.io', name: 'debian', tag: 'latest' }],
    ['centos/centos:9', { registry: 'docker.io', name: 'centos/centos', tag: '9' }],
    ['localhost:5000/a/b', { registry: 'localhost:5000', name: 'localhost:5000/a/b', tag: 'latest' }],
    ['localhost/a:dev', { registry: 'localhost', name: 'localhost/a', tag: 'dev' }],
    ['quay.io/a/b@sha256:00', { registry: 'quay.io', name: 'quay.io/a/b', digest: 'sha256:00' }],
    ['quay.io/a/b:1@sha256:00', { registry: 'quay.io', name: 'quay.io/a/b', tag: '1', digest: 'sha256:00' }],
  ])('%s', (text, expected) => {
    expect(parseReference(text)).toEqual({ text, ...expected });
  });
});

describe('a Dockerfile', () => {
  const text = 'ARG V=9\nFROM --platform=linux/amd64 quay.io/c/c:9 AS one\nRUN true\nfrom \\\n  one\nFROM scratch\nFROM docker.io/x:$V\n';

  it('gives its base images, without stages, nothing and variables', () => {
    expect(baseImages(text)).toEqual(['quay.io/c/c:9']);
  });

  it('gets the CA bundle behind every FROM but one from nothing', () => {
    const lines = withCertificates(text, { pem: Buffer.from('PEM') }).split('\n');
    const copies = lines.flatMap((line, i) => (line.startsWith('COPY .crpm-ca-bundle.crt') ? [lines[i - 1]] : []));
    expect(copies).toEqual(['FROM --platform=linux/amd64 quay.io/c/c:9 AS one', '  one', 'FROM docker.io/x:$V']);
    expect(withCertificates(text, {})).toBe(text);
  });
});

describe('containerOptions', () => {
  it('never asks for privilege, a host mount, a published port or a network that nobody wanted', () => {
    const options = containerOptions({ image: 'i', argv: ['rpmbuild', '-bb', '--', '$(x)'], env: { A: '1' }, cwd: '/crpm', network: 'none', labels, mounts: [{ volume: { name: 'v', labels: {} }, path: '/crpm' }], memory: 1024 });
    expect(options).toMatchObject({
      Entrypoint: ['rpmbuild'],
      Cmd: ['-bb', '--', '$(x)'],
      Env: ['A=1'],
      HostConfig: { NetworkMode: 'none', SecurityOpt: ['label=disable'], Memory: 1024, MemorySwap: 1024 },
      Labels: { 'dev.crpm': '1', 'dev.crpm.workspace': 'w-1', 'dev.crpm.run': 'r', 'dev.crpm.node': 'base' },
    });
    expect(Object.keys(options.HostConfig!)).not.toEqual(expect.arrayContaining(['Privileged', 'Binds', 'PortBindings', 'CapAdd', 'Devices']));
  });

  it('refuses label values that could be more than a value', () => {
    expect(() => containerOptions({ image: 'i', argv: ['x'], env: {}, cwd: '/', network: 'none', labels: { ...labels, node: 'a b\nRUN x' } })).toThrow('label node');
  });
});

describe('an error of the engine', () => {
  const next = (reason: string) => new EngineError(500, reason, 'starting a container', 'unix:///s', undefined).failure.next;

  it.each([
    // As Podman 4.3 says them.
    ['preparing container 1f for attach: /usr/bin/slirp4netns failed: "open(\\"/dev/net/tun\\"): Permission denied', /network: host/],
    ['OCI runtime error: crun: cgroups in hybrid mode not supported, drop all controllers from cgroupv2', /runtime = "runc"/],
    ['no space left on device', /system df/],
    ['anything else', /journalctl/],
  ])('says what mends it: %s', (reason, remedy) => {
    expect(next(reason)).toMatch(remedy);
  });
});
