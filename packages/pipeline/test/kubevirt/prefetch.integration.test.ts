import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { WorkspacePaths } from '@crpm/core';
import { HOST_VARIABLE } from '../../../../test/support/dockerd.js';
import { prefetch } from '../../src/kubevirt/prefetch.js';
import { publish, temporaryWorkspace } from '../serve/support/repository.js';
import { temporaryFolder } from '../serve/support/temporary.js';

const host = process.env[HOST_VARIABLE];
if (host === undefined) console.warn('SKIPPED: prefetch into the builder volume, for want of a Docker Engine');
const signal = new AbortController().signal;
const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const RULES = ['first', 'second'];

let workspace: WorkspacePaths;
let kubevirt: string;
let count = 0;

beforeEach(async () => {
  workspace = temporaryWorkspace(`prefetch-${process.pid}-${count++}`);
  kubevirt = temporaryFolder('kubevirt');
  mkdirSync(join(kubevirt, 'rpm'));
  writeFileSync(join(kubevirt, 'rpm/BUILD.bazel'), '');
  const rules = [];
  for (const name of RULES) rules.push(`rpm(\n    name = "${name}",\n    sha256 = "${digest(`rpm of ${name}`)}",\n    urls = ["http://127.0.0.1:20000/${(await publish(workspace, name)).rpm}"],\n)\n`);
  writeFileSync(join(kubevirt, 'WORKSPACE'), `${rules.join('')}rpm(\n    name = "official",\n    sha256 = "${'a'.repeat(64)}",\n    urls = ["http://mirror.example.org/x.rpm"],\n)\n`);
});

describe('without a container (KUBEVIRT_RUN_UNNESTED)', () => {
  const run = (home: string) => prefetch({ kubevirt, workspace, env: { HOME: home, USER: 'me', KUBEVIRT_RUN_UNNESTED: 'true' }, signal });

  test('every rule of ours is where bazel looks by its digest, once; what is damaged there is put right', async () => {
    const home = temporaryFolder('home');
    const cache = join(home, '.cache/bazel/_bazel_me/cache/repos/v1');
    const place = (name: string) => join(cache, 'content_addressable/sha256', digest(`rpm of ${name}`), 'file');
    expect(await run(home)).toEqual({ cache, loaded: RULES, present: [] });
    for (const name of RULES) expect(readFileSync(place(name), 'utf8')).toBe(`rpm of ${name}`);
    expect(await run(home)).toEqual({ cache, loaded: [], present: RULES });
    writeFileSync(place('second'), 'cut');
    expect(await run(home)).toEqual({ cache, loaded: ['second'], present: ['first'] });
    expect(readFileSync(place('second'), 'utf8')).toBe('rpm of second');
  });

  test('the tree may have bazel keep its downloads elsewhere', async () => {
    const cache = temporaryFolder('downloads');
    writeFileSync(join(kubevirt, '.bazelrc'), '# common --repository_cache=/commented\ncommon --repository_cache=/overridden\n');
    writeFileSync(join(kubevirt, 'user.bazelrc'), `common --repository_cache ${cache}\n`);
    expect(await run('/nonexistent')).toMatchObject({ cache, loaded: RULES });
  });

  test('an RPM whose published bytes are not the rule’s is refused', async () => {
    writeFileSync(join(kubevirt, 'WORKSPACE'), readFileSync(join(kubevirt, 'WORKSPACE'), 'utf8').replace(`sha256 = "${digest('rpm of first')}"`, `sha256 = "${'b'.repeat(64)}"`));
    await expect(run('/nonexistent')).rejects.toMatchObject({ failure: { class: 'environment', message: expect.stringContaining('is not the RPM that the rule first names') as string } });
  });
});

describe.skipIf(host === undefined)('in the volume of KubeVirt’s builder', () => {
  const volume = `crpm-prefetch-${process.pid}`;
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], KUBEVIRT_CRI: 'docker', DOCKER_HOST: host, JOB_NAME: volume };
  const docker = (args: readonly string[], input?: Buffer) => execFileSync('docker', args, { env, stdio: ['pipe', 'pipe', 'ignore'], ...(input ? { input } : {}) });
  let carrier: string;
  let image: string;

  beforeAll(() => {
    docker(['volume', 'create', volume]);
    image = docker(['import', '-'], Buffer.alloc(1024)).toString().trim();
    carrier = docker(['create', '--volume', `${volume}:/root`, image, '/none']).toString().trim();
  });
  afterAll(() => {
    docker(['rm', '--force', carrier]);
    docker(['volume', 'rm', '--force', volume]);
    docker(['rmi', '--force', image]);
  });

  const place = (name: string) => `/root/.cache/bazel/_bazel_root/cache/repos/v1/content_addressable/sha256/${digest(`rpm of ${name}`)}/file`;
  /** Its bytes and mode, out of the tar that `docker cp` gives. */
  const inVolume = (name: string) => {
    const tar = docker(['cp', `${carrier}:${place(name)}`, '-']);
    return { text: tar.subarray(512, 512 + parseInt(tar.toString('latin1', 124, 135), 8)).toString(), mode: parseInt(tar.toString('latin1', 100, 107), 8) & 0o777 };
  };

  test('each RPM arrives whole, is found there the next time, and leaves nothing of crpm’s behind', async () => {
    const cache = `/root/.cache/bazel/_bazel_root/cache/repos/v1 of the volume ${volume}`;
    expect(await prefetch({ kubevirt, workspace, env, signal })).toEqual({ cache, loaded: RULES, present: [] });
    for (const name of RULES) expect(inVolume(name)).toEqual({ text: `rpm of ${name}`, mode: 0o644 });
    expect(await prefetch({ kubevirt, workspace, env, signal })).toEqual({ cache, loaded: [], present: RULES });
    const damaged = temporaryFolder('damaged');
    writeFileSync(join(damaged, 'file'), 'cut');
    docker(['cp', join(damaged, 'file'), `${carrier}:${place('first')}`]);
    expect(await prefetch({ kubevirt, workspace, env, signal })).toMatchObject({ loaded: ['first'], present: ['second'] });
    expect(docker(['ps', '--all', '--quiet', '--filter', `label=dev.crpm.workspace=${workspace.id}`]).toString()).toBe('');
    rmSync(damaged, { recursive: true });
  });

  test('a volume that is not there is not made, and bazel’s cache outside of it is not guessed at', async () => {
    await expect(prefetch({ kubevirt, workspace, env: { ...env, JOB_NAME: `${volume}-none` }, signal })).rejects.toMatchObject({ failure: { class: 'environment', message: `the builder volume ${volume}-none is not there yet` } });
    writeFileSync(join(kubevirt, 'ci.bazelrc'), 'build --repository_cache=/var/tmp/cache\n');
    await expect(prefetch({ kubevirt, workspace, env, signal })).rejects.toMatchObject({ failure: { class: 'usage', message: expect.stringContaining('/var/tmp/cache') as string } });
  });
});
