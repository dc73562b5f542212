import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCluster } from '@crpm/engines/kubernetes/kubeconfig';
import { openPlace, parseAddress } from '@crpm/engines/kubernetes/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'crpm-kubeconfig-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, config: unknown): string {
  const file = join(dir, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}
const config = (name: string, user: unknown = { token: 't' }, context: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name, cluster: { server: `https://${name}.example:6443` } }],
  users: [{ name, user }],
  contexts: [{ name, context: { cluster: name, user: name, ...context } }],
  'current-context': name,
});

describe('a cluster is found as kubectl finds it', () => {
  it('in KUBECONFIG, with the context’s namespace', async () => {
    const KUBECONFIG = write('one', config('one', { token: 'secret' }, { namespace: 'team' }));
    const cluster = await findCluster({}, { KUBECONFIG });
    expect(cluster).toMatchObject({ server: 'https://one.example:6443', context: 'one', namespace: 'team' });
    expect((await cluster.credentials()).headers).toMatchObject({ Authorization: 'Bearer secret' });
    expect(await findCluster({ namespace: 'mine' }, { KUBECONFIG })).toMatchObject({ namespace: 'mine' });
  });

  it('in several files, of which some are not there', async () => {
    const KUBECONFIG = [write('one', config('one')), join(dir, 'none'), write('two', config('two'))].join(':');
    expect(await findCluster({}, { KUBECONFIG })).toMatchObject({ context: 'one', namespace: 'default' });
    expect(await findCluster({ context: 'two' }, { KUBECONFIG })).toMatchObject({ server: 'https://two.example:6443' });
  });

  it('in the home folder', async () => {
    write('home/.kube/config', config('home'));
    expect(await findCluster({}, { HOME: join(dir, 'home') })).toMatchObject({ context: 'home' });
  });

  it('behind kubectl proxy, which speaks plain http', async () => {
    const plain = { ...config('plain'), clusters: [{ name: 'plain', cluster: { server: 'http://127.0.0.1:8001' } }] };
    const { agent } = await (await findCluster({}, { KUBECONFIG: write('plain', plain) })).credentials();
    expect([agent instanceof http.Agent, agent instanceof https.Agent]).toEqual([true, false]);
  });

  it('with what an exec plugin gives', async () => {
    const plugin = write('plugin', `#!/bin/sh\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"fresh"}}'\n`);
    chmodSync(plugin, 0o755);
    const KUBECONFIG = write('exec', config('exec', { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' } }));
    expect((await (await findCluster({}, { KUBECONFIG })).credentials()).headers).toMatchObject({ Authorization: 'Bearer fresh' });
  });

  it.each([
    ['no file', async () => findCluster({}, { KUBECONFIG: join(dir, 'none') }), /^there is no kubeconfig: .*none \(KUBECONFIG\) is not there$/],
    ['no home', async () => findCluster({}, { HOME: join(dir, 'nobody') }), /^there is no kubeconfig: .*nobody\/\.kube\/config is not there$/],
    ['no YAML', async () => findCluster({}, { KUBECONFIG: write('bad', 'clusters: [') }), /can’t be read/],
    ['no such context', async () => findCluster({ context: 'three' }, { KUBECONFIG: write('one', config('one')) }), /has no context three$/],
    ['no current context', async () => findCluster({}, { KUBECONFIG: write('no-current', { ...config('x'), 'current-context': '' }) }), /has no current context$/],
    ['a context without a cluster', async () => findCluster({}, { KUBECONFIG: write('no-cluster', { ...config('x'), clusters: [] }) }), /names a cluster that is not in it$/],
    ['a plugin that fails', async () => (await findCluster({}, { KUBECONFIG: write('fails', config('x', { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'false' } })) })).credentials(), /^false, which the kubeconfig names for credentials, failed/],
    ['a plugin that is not there', async () => (await findCluster({}, { KUBECONFIG: write('no-plugin', config('x', { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/none/such' } })) })).credentials(), /^\/none\/such, which/],
    ['a certificate that is not there', async () => (await findCluster({}, { KUBECONFIG: write('no-cert', config('x', { 'client-certificate': '/none.crt', 'client-key': '/none.key' })) })).credentials(), /gives no credentials: .*none\.crt/],
  ])('is an environment failure with a next step: %s', async (_what, find, message) => {
    const failure = await failureOf(find());
    expect(failure).toMatchObject({ class: 'environment', message: expect.stringMatching(message), next: expect.stringMatching(/\w/) });
  });
});

describe('the registry of a cluster', () => {
  it('is an address, plain http only where that is said', () => {
    expect(parseAddress('http://registry:5000/crpm')).toEqual({ ok: true, value: { insecure: true, host: 'registry:5000', path: 'crpm' } });
    expect(parseAddress('quay.io/team/crpm')).toEqual({ ok: true, value: { insecure: false, host: 'quay.io', path: 'team/crpm' } });
    expect(parseAddress('quay.io/team/crpm:tag').ok).toBe(false);
  });

  it('may have another address for this machine', () => {
    const place = openPlace({ registry: 'http://registry:5000/crpm', registryHere: 'http://localhost:32811/crpm' }, {}, () => undefined);
    expect(place).toMatchObject({ name: 'registry:5000/crpm', origin: 'http://registry:5000', path: 'crpm' });
    expect(place.repository.name).toBe('localhost:32811/crpm');
  });
});
