import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findCluster } from '@crpm/engines/kubernetes/kubeconfig';
import { findKubevirtci, offeredKubeconfig, readProvider } from '@crpm/engines/kubernetes/kubevirtci';
import { findRegistry, type RegistrySearch } from '@crpm/engines/kubernetes/registry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'crpm-kubevirtci-'));
});
afterEach(() => { rmSync(tree, { recursive: true, force: true }); });

const NEW = 'kubevirtci/_ci-configs';
const SERVER = 'https://127.0.0.1:33001';

/** What kubevirtci leaves of a provider. */
function up({ folder = NEW, provider = 'k8s-1.34', port = 32811, server = SERVER }: { readonly folder?: string; readonly provider?: string; readonly port?: number; readonly server?: string } = {}): { readonly file: string; readonly kubeconfig: string } {
  const kubeconfig = join(tree, folder, provider, '.kubeconfig');
  const file = join(tree, folder, provider, `config-provider-${provider}.sh`);
  mkdirSync(dirname(file), { recursive: true });
  const cluster = { apiVersion: 'v1', kind: 'Config', clusters: [{ name: 'k', cluster: { server } }], users: [], contexts: [{ name: 'k', context: { cluster: 'k', user: '' } }], 'current-context': 'k' };
  writeFileSync(kubeconfig, JSON.stringify(cluster));
  const prefix = (host: string) => `\${DOCKER_PREFIX:-${host}/kubevirt}`;
  writeFileSync(file, `master_ip=127.0.0.1\nkubeconfig=${kubeconfig}\nkubectl=${dirname(file)}/.kubectl\ndocker_prefix=${prefix(`localhost:${String(port)}`)}\nmanifest_docker_prefix=${prefix('registry:5000')}\n`);
  return { file, kubeconfig };
}

describe('what kubevirtci wrote of a provider', () => {
  it('is read as data: plain, quoted, and with the default of a variable', () => {
    expect(Object.fromEntries(readProvider('a=localhost:1/kubevirt\n  export b="registry:5000/kubevirt"\nc=${DOCKER_PREFIX:-localhost:2/k}\n# d=1\n'))).toEqual({ a: 'localhost:1/kubevirt', b: 'registry:5000/kubevirt', c: 'localhost:2/k' });
  });

  it('is never run, and what only a shell could tell is no value', () => {
    expect(Object.fromEntries(readProvider('a=$(touch pwned)\nb=`id`\nc=x; rm -rf y\nd=${A:-${B}}\ne=1\ne=$E\n__proto__=1\nif true; then\n'))).toEqual({ ['__proto__']: '1' });
  });
});

describe('the cluster of a KubeVirt tree', () => {
  it('is found where kubevirtci is today, and where it was', () => {
    const { file, kubeconfig } = up();
    expect(findKubevirtci(tree, {})).toEqual({ ok: true, value: { provider: 'k8s-1.34', file, nodes: 'registry:5000', here: 'localhost:32811', kubeconfig } });
    rmSync(join(tree, 'kubevirtci'), { recursive: true });
    expect(findKubevirtci(tree, {})).toEqual({ ok: true, value: undefined });
    up({ folder: '_ci-configs', port: 5 });
    expect(findKubevirtci(tree, {})).toMatchObject({ value: { here: 'localhost:5' } });
  });

  it('is the one of KUBEVIRT_PROVIDER where there are several, and in KUBEVIRTCI_CONFIG_PATH where that is set', () => {
    up();
    up({ provider: 'kind-1.33', port: 5000 });
    expect(findKubevirtci(tree, {})).toMatchObject({ ok: false, error: expect.stringContaining('k8s-1.34, kind-1.33; KUBEVIRT_PROVIDER') as string });
    expect(findKubevirtci(tree, { KUBEVIRT_PROVIDER: 'kind-1.33' })).toMatchObject({ value: { here: 'localhost:5000' } });
    expect(findKubevirtci(tree, { KUBEVIRT_PROVIDER: 'k8s-1.30' })).toEqual({ ok: true, value: undefined });
    up({ folder: 'elsewhere', port: 7 });
    expect(findKubevirtci(undefined, { KUBEVIRTCI_CONFIG_PATH: join(tree, 'elsewhere') })).toMatchObject({ value: { here: 'localhost:7' } });
  });

  it('has no registry for us where that is somebody’s, or none', () => {
    const { file } = up();
    writeFileSync(file, 'docker_prefix=quay.io:443/alice\nmanifest_docker_prefix=quay.io:443/alice\n');
    expect(findKubevirtci(tree, {})).toEqual({ ok: false, error: `${file} names quay.io:443/alice, which is no registry of kubevirtci’s own` });
    writeFileSync(file, 'docker_prefix=$X\n');
    expect(findKubevirtci(tree, {})).toMatchObject({ ok: false, error: expect.stringContaining('names no registry') as string });
  });
});

describe('the registry of a cluster', () => {
  const find = (more: Partial<RegistrySearch> = {}) => findRegistry({ options: {}, env: {}, kubevirt: tree, ...more });

  it('is the config’s, before all', async () => {
    up();
    expect(await find({ options: { registry: 'quay.io/team/crpm' } })).toEqual({ registry: 'quay.io/team/crpm', from: 'engine.registry' });
  });

  it('is else kubevirtci’s, by both of its addresses', async () => {
    const { file } = up();
    const found = { registry: 'http://registry:5000/crpm', registryHere: 'http://localhost:32811/crpm', from: `kubevirtci’s k8s-1.34, ${file}` };
    expect(await find()).toEqual(found);
    expect(await find({ server: SERVER })).toEqual(found);
  });

  it('is not that of another cluster than the one that is used', async () => {
    const { kubeconfig } = up();
    expect(await failureOf(find({ server: 'https://production:6443' }))).toMatchObject({
      class: 'environment',
      message: `engine kubernetes has no registry: that of kubevirtci’s k8s-1.34 is for the cluster at ${SERVER}, and the kubeconfig names the one at https://production:6443`,
      next: expect.stringMatching(new RegExp(`^For kubevirtci’s: export KUBECONFIG=${kubeconfig}\\. For the other: set engine\\.registry`)) as string,
    });
  });

  it('is not one that pods can’t reach', async () => {
    up({ provider: 'kind-1.33' });
    expect(await failureOf(find())).toMatchObject({ class: 'environment', message: expect.stringContaining('kind-1.33 has one that its nodes know by name, and its pods do not') as string });
  });

  it('must be named where there is neither', async () => {
    const none = { class: 'environment', message: expect.stringMatching(/^engine kubernetes has no registry: .*kubevirtci/) as string, next: expect.stringContaining('engine.registry') as string };
    expect(await failureOf(find())).toMatchObject(none);
    expect(await failureOf(find({ kubevirt: undefined }))).toMatchObject(none);
  });
});

describe('without a kubeconfig', () => {
  it('the one that kubevirtci left is named, and not taken', async () => {
    const { kubeconfig } = up();
    const env = { HOME: join(tree, 'home') };
    expect(await failureOf(findCluster({}, env, offeredKubeconfig(tree, env)))).toMatchObject({ class: 'environment', next: `kubevirtci’s k8s-1.34 has one: export KUBECONFIG=${kubeconfig}` });
    rmSync(kubeconfig);
    expect(offeredKubeconfig(tree, env)).toBeUndefined();
  });
});
