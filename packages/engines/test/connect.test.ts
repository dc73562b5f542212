import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { candidates, type Surroundings } from '@crpm/engines/docker/candidates';
import { connect, probe, startCommand } from '@crpm/engines/docker/connect';
import { formatEndpoint, parseEndpoint } from '@crpm/engines/docker/endpoint';
import { afterEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { fakeEngine, hang, json, type FakeEngine, type Routes } from './fake-engine.js';

const around = (env: NodeJS.ProcessEnv, files: Record<string, string> = {}): Surroundings => ({ env, home: '/home/u', uid: 1000, read: (path) => files[path] });
const places = (...given: Parameters<typeof candidates>): string[] =>
  candidates(...given).map(({ from, endpoint }) => `${from} = ${endpoint.ok ? formatEndpoint(endpoint.value) : `! ${endpoint.error}`}`);

const contextFiles = (name: string, endpoint: object, extra: Record<string, string> = {}): Record<string, string> => {
  const id = createHash('sha256').update(name).digest('hex');
  return {
    '/home/u/.docker/config.json': JSON.stringify({ currentContext: name }),
    [`/home/u/.docker/contexts/meta/${id}/meta.json`]: JSON.stringify({ Name: name, Endpoints: { docker: endpoint } }),
    ...Object.fromEntries(Object.entries(extra).map(([file, text]) => [`/home/u/.docker/contexts/tls/${id}/docker/${file}`, text])),
  };
};

describe('where an engine is looked for', () => {
  it('engine.host stands alone and before all', () => {
    expect(places({ host: 'unix:///mine.sock' }, around({ DOCKER_HOST: 'tcp://other:1', KUBEVIRT_CRI: 'podman' }))).toEqual(['engine.host = unix:///mine.sock']);
  });

  it('DOCKER_HOST stands alone: nobody asked for another engine', () => {
    expect(places({}, around({ DOCKER_HOST: 'tcp://10.0.0.1:2375' }, contextFiles('work', { Host: 'unix:///c.sock' })))).toEqual(['DOCKER_HOST = tcp://10.0.0.1:2375']);
  });

  it('KUBEVIRT_CRI=podman looks at Podman only', () => {
    expect(places({}, around({ KUBEVIRT_CRI: 'podman', XDG_RUNTIME_DIR: '/run/user/7' }))).toEqual([
      'the rootless Podman socket = unix:///run/user/7/podman/podman.sock',
      'the system Podman socket = unix:///run/podman/podman.sock',
    ]);
  });

  it('KUBEVIRT_CRI=docker looks at Docker only, the current context first', () => {
    expect(places({}, around({ KUBEVIRT_CRI: 'docker' }, contextFiles('work', { Host: 'unix:///c.sock' })))).toEqual([
      'the Docker context work = unix:///c.sock',
      'the rootless Docker socket = unix:///run/user/1000/docker.sock',
      'the Docker Desktop socket = unix:///home/u/.docker/run/docker.sock',
      'the Docker socket = unix:///run/docker.sock',
      'the Docker socket = unix:///var/run/docker.sock',
    ]);
  });

  it('else the context, rootless Podman, then the Docker sockets', () => {
    expect(places({}, around({}, contextFiles('work', { Host: 'unix:///c.sock' }))).slice(0, 3)).toEqual([
      'the Docker context work = unix:///c.sock',
      'the rootless Podman socket = unix:///run/user/1000/podman/podman.sock',
      'the rootless Docker socket = unix:///run/user/1000/docker.sock',
    ]);
  });

  it('takes the TLS files of a context, and DOCKER_CONTEXT before the config', () => {
    const files = contextFiles('work', { Host: 'tcp://h:2376' }, { 'ca.pem': 'CA', 'cert.pem': 'CERT', 'key.pem': 'KEY' });
    expect(candidates({}, around({}, files))[0]!.endpoint).toEqual({ ok: true, value: { kind: 'tcp', host: 'h', port: 2376, tls: { verify: true, ca: 'CA', cert: 'CERT', key: 'KEY' } } });
    expect(places({}, around({ DOCKER_CONTEXT: 'gone' }, files))[0]).toBe('the Docker context gone = ! docker knows no context gone; see docker context ls');
  });

  it('takes the TLS files that DOCKER_CERT_PATH names', () => {
    const env = { DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' };
    expect(candidates({}, around(env, { '/certs/ca.pem': 'CA' }))[0]!.endpoint).toEqual({ ok: true, value: { kind: 'tcp', host: 'h', port: 2376, tls: { verify: true, ca: 'CA' } } });
  });

  it.each([
    ['ssh://', 'ssh://user@host'],
    ['ssh://-oProxyCommand=x', 'ssh://user@host'],
    ['ssh://-l@host', 'ssh://user@host'],
    ['ssh://me:secret@host', 'log in by a key'],
    ['ssh://host/a b/docker.sock', 'ssh://user@host'],
    ['ssh://host/$(x)', 'ssh://user@host'],
    ['npipe:////./pipe/docker_engine', 'WSL'],
    ['unix://relative', 'absolute'],
    ['ftp://x', 'unix:///path or tcp://host:port'],
    ['tcp://', 'unix:///path or tcp://host:port'],
  ])('says what is wrong with %s', (text, words) => {
    const result = parseEndpoint(text);
    expect(result).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });

  it.each([
    ['ssh://host', { host: 'host' }],
    ['ssh://me@host:2222', { host: 'host', user: 'me', port: 2222 }],
    ['ssh://host/run/user/1000/docker.sock', { host: 'host', path: '/run/user/1000/docker.sock' }],
    ['ssh://[::1]:22', { host: '::1', port: 22 }],
  ])('reads %s, and says it back', (text, value) => {
    expect(parseEndpoint(text)).toEqual({ ok: true, value: { kind: 'ssh', ...value } });
    expect(formatEndpoint({ kind: 'ssh', ...value })).toBe(text);
  });

  it('takes a bare host and port, as docker does', () => {
    expect(parseEndpoint('127.0.0.1:2375')).toEqual({ ok: true, value: { kind: 'tcp', host: '127.0.0.1', port: 2375 } });
  });
});

describe('connect', () => {
  const never = new AbortController().signal;
  const engines: FakeEngine[] = [];
  const start = async (routes: Routes): Promise<string> => {
    const engine = await fakeEngine(routes);
    engines.push(engine);
    return engine.host;
  };
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.close();
  });
  const failure = (host: string) => failureOf(connect({ host }, {}, never, { probe: 200 }));

  it('says what it found', async () => {
    const host = await start({});
    const { description, flavour, client } = await connect({ host }, {}, never);
    expect([description, flavour]).toEqual([`Docker Engine 24.0.7 at ${host}`, 'docker']);
    client.close();
  });

  it('knows Podman by its components, whose own number is another', async () => {
    const host = await start({ 'GET /version': json({ Version: '4.3.1', ApiVersion: '1.41', Arch: 'amd64', Components: [{ Name: 'Podman Engine', Version: '4.3.1' }] }) });
    const { description, client } = await connect({ host }, {}, never);
    expect(description).toBe(`Podman 4.3.1 at ${host}`);
    client.close();
  });

  it('refuses an engine older than 20.10', async () => {
    const host = await start({ 'GET /version': json({ Version: '19.03.15', ApiVersion: '1.40', Arch: 'amd64' }) });
    expect(await failure(host)).toMatchObject({ class: 'environment', message: expect.stringContaining('19.03.15') });
  });

  it('gives up on an engine that hangs, and names the socket', async () => {
    const host = await start({ 'GET /version': hang });
    const { class: kind, message } = await failure(host);
    expect(kind).toBe('environment');
    expect(message).toContain(host);
    expect(message).toContain('did not answer within');
  });

  it('looks at a socket once, whichever of its names it is known by', async () => {
    const home = mkdtempSync(join(tmpdir(), 'crpm-sockets-'));
    mkdirSync(join(home, 'run'));
    symlinkSync('run', join(home, 'var-run'));
    for (const [path, text] of Object.entries(contextFiles('work', { Host: `unix://${home}/var-run/docker.sock` }))) {
      mkdirSync(dirname(path.replace('/home/u', home)), { recursive: true });
      writeFileSync(path.replace('/home/u', home), text);
    }
    const looked: string[] = [];
    for await (const { from, answer } of probe({}, { HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), KUBEVIRT_CRI: 'docker' }, never)) {
      if (answer.ok) answer.value.client.close();
      looked.push(from);
    }
    rmSync(home, { recursive: true });
    expect(looked.slice(0, 2)).toEqual(['the Docker context work', 'the Docker Desktop socket']);
    expect(new Set(looked).size).toBe(looked.length);
  });

  it.each([
    [1000, 'Start Docker: sudo systemctl start docker; or Podman’s socket: systemctl --user start podman.socket (or: podman system service --time=0 unix://$XDG_RUNTIME_DIR/podman/podman.sock). '],
    [0, 'Start Docker: systemctl start docker; or Podman’s socket: systemctl start podman.socket (or: podman system service --time=0 unix:///run/podman/podman.sock). '],
  ])('user %d is told the commands that start an engine for them', (uid, commands) => {
    expect(startCommand({ env: {}, uid })).toBe(`${commands}Without an engine, this machine builds for its own distribution: basesystem: host in the config.`);
  });

  it('names a socket that is not there and the command that starts an engine', async () => {
    const { class: kind, message, next } = await failure('unix:///nowhere/docker.sock');
    expect(kind).toBe('environment');
    expect(message).toContain('engine.host: the engine at unix:///nowhere/docker.sock can’t be reached: there is no such socket');
    expect(message).not.toContain('asking for');
    expect(next).toContain('systemctl start docker');
    expect(next).toContain('podman.socket');
    expect(next).toContain('basesystem: host');
    expect(next).not.toContain('--engine host');
  });
});
