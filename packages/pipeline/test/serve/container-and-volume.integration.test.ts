import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GraphNode, NodeContext, WorkspacePaths } from '@crpm/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HOST_VARIABLE } from '../../../../test/support/dockerd.js';
import { prepareTestImage } from '../../../../test/support/image.js';
import { lockBuilder } from '../../src/kubevirt/builder.js';
import type { ServeParams } from '../../src/params.js';
import { stopContainers } from '../../src/serve/container.js';
import { derivedPort } from '../../src/serve/port.js';
import { repositoryStatus } from '../../src/serve/repository-status.js';
import { serveKind } from '../../src/serve/serve-kind.js';
import { volumeDigests } from '../../src/serve/volume.js';
import { rawGet, bodyOf, statusOf } from './support/raw.js';
import { publish, REPOMD, temporaryWorkspace } from './support/repository.js';
import { temporaryFolder } from './support/temporary.js';

const host = process.env[HOST_VARIABLE];
if (host === undefined) console.warn('SKIPPED: serve.mode container and volume, for want of a Docker Engine ');
const signal = new AbortController().signal;
const volume = `crpm-test-${process.pid}`;
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], KUBEVIRT_CRI: 'docker', DOCKER_HOST: host, JOB_NAME: volume };
const docker = (...args: string[]) => execFileSync('docker', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** Images like the ones on a registry, made of Debian's packages. */
const IMAGES = {
  nginx: 'RUN apt-get update && apt-get install -y --no-install-recommends nginx-light',
  // As httpd's own image has it: the program `httpd`, the modules in its root, a configuration that works.
  httpd: 'RUN apt-get update && apt-get install -y --no-install-recommends apache2-bin && ln -s /usr/sbin/apache2 /usr/local/bin/httpd && mkdir -p /etc/apache2 && ln -s /usr/lib/apache2/modules /etc/apache2/modules && echo LoadModule mpm_event_module modules/mod_mpm_event.so > /etc/apache2/apache2.conf',
} as const;

let workspace: WorkspacePaths;
let count = 0;

function context(): NodeContext {
  const node: GraphNode = { id: 'serve', kind: 'serve', title: 'serve', needs: [], params: {} };
  return {
    node, needs: new Map(), workspace, signal, out: workspace.cache, budget: { jobs: 1 }, runId: 'run',
    engine: () => Promise.reject(new Error('no engine here')),
    report: { line: () => {}, status: () => {}, warn: () => {} },
  };
}
const kind = serveKind({ env, serverEntry: '/nonexistent' });
const serve = async (params: ServeParams) => ((await kind.run(params, context())) as { baseUrl: string }).baseUrl;

describe.skipIf(host === undefined)('on a Docker Engine', () => {
  beforeAll(async () => {
    const base = await prepareTestImage({ dockerHost: host ?? '' });
    for (const [name, run] of Object.entries(IMAGES)) {
      const dir = temporaryFolder('image');
      writeFileSync(join(dir, 'Dockerfile'), `FROM ${base}\n${run}\n`);
      docker('build', '--quiet', '--network', 'host', '--tag', `localhost/crpm-test-${name}:1`, dir);
    }
  });
  beforeEach(() => {
    workspace = temporaryWorkspace(`web-${process.pid}-${count++}`);
  });
  afterEach(() => stopContainers(workspace, env, signal));
  afterAll(() => {
    docker('volume', 'rm', '--force', volume);
  });

  describe.each(Object.keys(IMAGES))('serve.mode container with %s', (name) => {
    const params: ServeParams = { mode: 'container', image: `localhost/crpm-test-${name}:1` };

    test('answers on 127.0.0.1 with the repository, then with the next generation from the same container', async () => {
      const { rpm } = await publish(workspace, 'first');
      const port = derivedPort(workspace.id);
      expect(await serve(params)).toBe(`http://127.0.0.1:${port}/`);
      const container = docker('ps', '--quiet', '--filter', `label=dev.crpm.workspace=${workspace.id}`);
      expect(bodyOf(await rawGet(port, `/${rpm}`))).toBe('rpm of first');
      expect(statusOf(await rawGet(port, `/${REPOMD}`, 'DELETE'))).toBeGreaterThanOrEqual(400);
      expect(statusOf(await rawGet(port, '/../../etc/passwd'))).toBeGreaterThanOrEqual(400);
      await publish(workspace, 'second');
      await serve(params);
      expect(bodyOf(await rawGet(port, `/${REPOMD}`))).toBe('second');
      expect(bodyOf(await rawGet(port, `/${rpm}`))).toBe('rpm of first');
      expect(docker('ps', '--quiet', '--filter', `label=dev.crpm.workspace=${workspace.id}`)).toBe(container);
    });

    test('is stale once the container is gone, and leaves nothing behind', async () => {
      await publish(workspace, 'first');
      const output = { dir: '', files: [], digest: '', data: { baseUrl: await serve(params) } };
      expect(await kind.stale?.(params, output, context())).toBeUndefined();
      const status = () => repositoryStatus({ workspace, serve: params, env, signal });
      expect(await status()).toEqual({ baseUrl: output.data.baseUrl, running: true });
      expect(await stopContainers(workspace, env, signal)).toBe(true);
      expect(await kind.stale?.(params, output, context())).toContain('not running');
      expect(await status()).toEqual({ baseUrl: output.data.baseUrl, running: false, why: 'the web server container is not running' });
      expect(docker('ps', '--all', '--quiet', '--filter', `label=dev.crpm.workspace=${workspace.id}`)).toBe('');
    });
  });

  test('an image without a web server is refused', async () => {
    await publish(workspace, 'first');
    await expect(serve({ mode: 'container', image: 'localhost/crpm-test-base:dev' })).rejects.toMatchObject({ failure: { class: 'usage', message: expect.stringContaining('neither nginx nor httpd') } });
  });

  test('serve.mode volume puts the repository where the builder sees it, and keeps older RPMs', async () => {
    const { rpm } = await publish(workspace, 'first', 'a-1-1.x86_64.rpm');
    await expect(serve({ mode: 'volume' })).rejects.toMatchObject({ failure: { class: 'environment', next: expect.stringContaining('hack/dockerized') } });
    docker('volume', 'create', volume);
    const baseUrl = await serve({ mode: 'volume' });
    expect(baseUrl).toBe(`file:///root/.crpm/${workspace.id}/`);
    const { generation } = await publish(workspace, 'second', 'a-1-1.x86_64.rpm');
    await serve({ mode: 'volume' });
    const seen = docker('run', '--rm', '--network', 'none', '-v', `${volume}:/root`, 'localhost/crpm-test-base:dev', 'cat', `/root/.crpm/${workspace.id}/${REPOMD}`, `/root/.crpm/${workspace.id}/${rpm}`);
    expect(seen).toBe('secondrpm of first');
    const index = generation.files.find(({ path }) => path === REPOMD);
    const digests = await volumeDigests(workspace, [baseUrl + REPOMD, `${baseUrl}nothing`, 'file:///etc/passwd'], env, signal);
    expect(digests.get(baseUrl + REPOMD)).toBe(index?.sha256);
    expect(digests.get(`${baseUrl}nothing`)).toBeInstanceOf(Error);
    expect(digests.get('file:///etc/passwd')).toBeInstanceOf(Error);
    expect(docker('ps', '--all', '--quiet', '--filter', `label=dev.crpm.workspace=${workspace.id}`)).toBe('');
    expect(docker('images', '--all', '--quiet', '--filter', `label=dev.crpm.workspace=${workspace.id}`)).toBe('');
  });

  test("somebody else's rsync daemon on the builder volume is named, and nothing is locked after it", async () => {
    const daemon = docker('run', '--detach', '--network', 'none', '-v', `${volume}:/root`, '--entrypoint', 'sh', 'localhost/crpm-test-base:dev', '-c', 'sleep 600; : rsync --daemon');
    try {
      await expect(lockBuilder(workspace, env, signal, { patienceMs: 0 })).rejects.toMatchObject({ failure: { class: 'locked', message: expect.stringContaining(daemon.slice(0, 12)) } });
      // That of a killed run ends by itself.
      const seen: string[] = [];
      const report = { warn: () => {}, status: (text: string) => void (seen.push(text), docker('rm', '--force', daemon)) };
      await (await lockBuilder(workspace, env, signal, { report, patienceMs: 60_000 })).release();
      expect(seen).toEqual([expect.stringMatching(/^waiting for \S+ in the builder volume/)]);
    } finally {
      docker('rm', '--force', daemon);
    }
  });

  test('what a killed rpm-deps left running in the builder is ended, and nothing else in there', async () => {
    const server = `${volume}-bazel-server`;
    docker('run', '--detach', '--init', '--network', 'none', '--name', server, '-v', `${volume}:/root`, 'localhost/crpm-test-base:dev', 'sleep', 'infinity');
    const execute = (repo: string, ...argv: string[]) => docker('exec', '--detach', '--env', `CUSTOM_REPO=${repo}`, server, ...argv);
    const running = () => [...docker('top', server, '-o', 'pid,args').matchAll(/^\s*\d+\s+(sleep \d+)$/gm)].map(([, args]) => args).sort();
    try {
      execute('crpm-repo.yaml', 'bash', '-c', 'sleep 601; :');
      execute('crpm-repo.yaml', 'env', '--ignore-signal=TERM', 'sleep', '602');
      execute('mine/crpm-repo.yaml', 'sleep', '603');
      const warnings: string[] = [];
      const builder = await lockBuilder(workspace, env, signal, { report: { status: () => {}, warn: (text) => warnings.push(text) } });
      expect(warnings).toEqual([`a killed run's rpm-deps was still going on in ${server}: 3 processes ended`]);
      expect(running()).toEqual(['sleep 603']);
      execute('crpm-repo.yaml', 'sleep', '604');
      await builder.release('cancelled');
      expect(running()).toEqual(['sleep 603']);
    } finally {
      docker('rm', '--force', server);
    }
  });
});
