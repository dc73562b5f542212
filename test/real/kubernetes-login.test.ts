import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcomes, tinyProject, tinySpec } from '../integration/bad-input-rig.js';
import { CliRig } from '../integration/cli-rig.js';
import { startCluster } from '../support/kubernetes/cluster.js';
import { jobsMadeDuring, leftInCluster, pushBase } from '../support/kubernetes/objects.js';
import { sign } from '../support/kubernetes/pki.js';
import { startRegistry, type RegistryOptions, type TestRegistry } from '../support/registry.js';

/** bcrypt of s3cret, of the least cost. */
const USERS = 'me:$2b$04$x0NTJJzzjbun4Uw0Sxh6.uGO0Z1YUAvXxQyJk1eGZ7gVjyaaYn8Gm';

const cluster = await startCluster();
if ('skipped' in cluster) console.warn(`SKIPPED: registries with a login, or an authority of their own, in a cluster: ${cluster.skipped}`);

describe.skipIf('skipped' in cluster)('in a cluster, a registry', () => {
  if ('skipped' in cluster) return;
  const registries: TestRegistry[] = [];
  let rig: CliRig;

  beforeAll(() => {
    rig = new CliRig();
  });
  afterAll(async () => {
    for (const registry of registries) await registry.kill();
    rig.remove();
    await cluster.stop();
  });

  /** One that pods reach, and that the node knows as `hosts` says. */
  const start = async (name: string, options: RegistryOptions, hosts: (host: string) => string): Promise<string> => {
    const registry = await startRegistry(join(rig.root, name), { ...options, address: `${cluster.layout.prefix}.1` });
    if ('skipped' in registry) throw new Error(registry.skipped);
    registries.push(registry);
    mkdirSync(join(cluster.layout.dir, 'certs', registry.host));
    writeFileSync(join(cluster.layout.dir, 'certs', registry.host, 'hosts.toml'), hosts(registry.host));
    return registry.host;
  };
  /** Runs in a workspace of its own. `auth`: what `docker login` leaves. */
  const run = async (name: string, image: string, engine: string, { auth = {}, env = {} }: { readonly auth?: Readonly<Record<string, string>>; readonly env?: NodeJS.ProcessEnv } = {}, argv: readonly string[] = ['run', 'createrepo']) => {
    const files = tinyProject(tinySpec(), image);
    const config = `${files['custom-rpms.config.yaml'] ?? ''}engine: { kind: kubernetes, ${engine} }\n`;
    rig.write(Object.fromEntries(Object.entries({ ...files, 'custom-rpms.config.yaml': config }).map(([path, text]) => [`${name}/${path}`, text])));
    const docker = join(rig.root, `docker-${name}`);
    mkdirSync(docker, { recursive: true });
    writeFileSync(join(docker, 'config.json'), dockerConfig(auth));
    return rig.crpm(argv, { cwd: join(rig.work, name), env: { KUBECONFIG: cluster.kubeconfig, DOCKER_CONFIG: docker, ...env } });
  };

  describe('with a login', () => {
    let host = '';
    let image = '';
    let engine = '';
    beforeAll(async () => {
      host = await start('login', { users: USERS }, (name) => `server = "http://${name}"\n[host."http://${name}"]\ncapabilities = ["pull", "resolve"]\n`);
      image = await pushBase(cluster, host, { insecure: true, credentials: { username: 'me', password: 's3cret', serveraddress: host } });
      engine = `registry: "http://${host}/team/crpm", imagePullSecrets: [pull]`;
      const data = { '.dockerconfigjson': Buffer.from(dockerConfig({ [host]: 'me:s3cret' })).toString('base64') };
      await cluster.call('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 'pull' }, type: 'kubernetes.io/dockerconfigjson', data });
    });

    test('is used with what docker login left here, imagePullSecrets for nodes, and a Secret of the run for pods', async () => {
      const { made, result } = await jobsMadeDuring(cluster, () => run('believed', image, engine, { auth: { [host]: 'me:s3cret' } }));
      expect([result.code, result.err]).toEqual([0, '']);
      expect(outcomes(result.out)['tiny.rpmbuild']).toBe('ran');
      const specs = JSON.stringify(made);
      expect([specs.includes('"secretName":"crpm-run-'), specs.includes('"imagePullSecrets":[{"name":"pull"}]'), specs.includes('s3cret')]).toEqual([true, true, false]);
      await expect.poll(() => leftInCluster(cluster), { timeout: 60_000 }).toEqual([]);
    });

    test.each([
      ['without one', {} as Record<string, string>],
      ['with a wrong password', { password: 'me:wrong' } as Record<string, string>],
    ])('%s ends with 3 and says how to log in, and so does doctor', async (name, { password }) => {
      const auth: Record<string, string> = password === undefined ? {} : { [host]: password };
      const folder = name.replaceAll(' ', '-');
      const { code, out, err } = await run(folder, image, engine, { auth });
      expect(code).toBe(3);
      expect(`${out}\n${err}`).toMatch(new RegExp(`the registry answers 401[^]*docker login ${host}`));
      const doctor = await run(folder, image, engine, { auth }, ['doctor']);
      expect([doctor.code, doctor.out]).toEqual([3, expect.stringMatching(new RegExp(`^error +registry: .*401[^]*docker login ${host}`, 'm'))]);
    });
  });

  test('with an authority of its own is believed by pods too where this machine names it, and told of where it does not', async () => {
    const { pki, prefix } = cluster.layout;
    await sign(pki, { name: 'registry', subject: '/CN=registry', names: `IP:${prefix}.1` });
    const authority = join(pki, 'ca.crt');
    const host = await start('tls', { tls: { certificate: join(pki, 'registry.crt'), key: join(pki, 'registry.key') } }, (name) => `server = "https://${name}"\n[host."https://${name}"]\ncapabilities = ["pull", "resolve"]\nca = "${authority}"\n`);
    const env = { NODE_EXTRA_CA_CERTS: authority };
    const image = await pushBase(cluster, host, { env });
    const unknown = await run('unknown', image, `registry: "${host}/team/crpm"`);
    expect([unknown.code, `${unknown.out}\n${unknown.err}`]).toEqual([3, expect.stringMatching(/NODE_EXTRA_CA_CERTS/)]);
    const named = await run('named', image, `registry: "${host}/team/crpm"`, { env });
    expect([named.code, named.err]).toEqual([0, '']);
    expect(outcomes(named.out)['tiny.rpmbuild']).toBe('ran');
    await expect.poll(() => leftInCluster(cluster), { timeout: 60_000 }).toEqual([]);
  });
});

/** By registry: `name:password`. */
function dockerConfig(auth: Readonly<Record<string, string>>): string {
  return JSON.stringify({ auths: Object.fromEntries(Object.entries(auth).map(([host, text]) => [host, { auth: Buffer.from(text).toString('base64') }])) });
}
