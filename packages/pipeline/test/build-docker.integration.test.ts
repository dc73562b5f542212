import { createReadStream, existsSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';

import { toFailure, type Config, type Engine, type Failure, type WorkspacePaths } from '@crpm/core';
import { chooseEngine } from '@crpm/engines';
import type { BuildrootFact, RpmsFact } from '@crpm/pipeline/facts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { HOST_VARIABLE } from '../../../test/support/dockerd.js';
import { prepareTestImage } from '../../../test/support/image.js';
import { buildRpms } from '../../../test/support/rpms.js';
import { centosStream, makeConfig, packageConfig } from './support/config.js';
import { makeWorkspace, removeFolder, runGraph } from './support/run-graph.js';
import { commitAll, emulatorDistGit, emulatorTree, fileInRpm, folderDigest, mesonTree } from './support/trees.js';

const dockerHost = process.env[HOST_VARIABLE];
if (dockerHost === undefined) console.warn('SKIPPED: builds in containers: no engine of the tests’ own');

describe.skipIf(dockerHost === undefined)('builds in containers', () => {
  let root: string;
  let engine: Engine;
  let reference: string;
  let repository: Server;
  /** Of the loopback repository, `http://127.0.0.1:<port>/`. */
  let address = '';
  let workspace: WorkspacePaths;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'crpm-docker-'));
    workspace = makeWorkspace(root);
    reference = await prepareTestImage({ dockerHost: dockerHost ?? '' });
    ({ server: repository, address } = await serveRepository(join(root, 'repository')));
    engine = await chooseEngine({ config: config([]).engine, basesystems: config([]).basesystems, env: process.env, signal: AbortSignal.timeout(1_800_000), workDir: join(root, 'work'), sharedDir: join(root, 'shared') });
  });

  afterAll(async () => {
    await engine.remove(await engine.list({ workspace: workspace.id }));
    await engine.close();
    repository.close();
    removeFolder(root);
  });

  const config = (packages: Config['packages'], overrides: Partial<Config> = {}): Config => {
    const made = makeConfig(packages, { engine: { kind: 'docker', host: dockerHost ?? '', network: 'host' }, ...overrides });
    return {
      ...made,
      basesystems: [{ ...centosStream(9), base: { kind: 'image', reference }, enable: [], disable: [], repos: address ? [{ name: 'loopback', baseUrl: address }] : [] }],
    };
  };
  const build = (made: Config, until: string) => runGraph(made, { engine, workspace, until });
  const failureOf = async (made: Config, until: string): Promise<Failure> => {
    try {
      await build(made, until);
    } catch (error) {
      return toFailure(error);
    }
    throw new Error(`${until} succeeded`);
  };
  let trees = 0;
  const folder = (name: string) => join(root, `${String(++trees)} ${name}`);
  const emulator = (distGit: string, overrides: object = {}) => packageConfig({ name: 'qemu', build: { profile: 'full', check: false, debuginfo: false }, dir: emulatorTree(folder('qemu'), 'from a container'), spec: { kind: 'dir', dir: distGit }, ...overrides });

  test('libvirt’s and QEMU’s way, without writing into the trees and without leaving a container behind', async () => {
    const tree = mesonTree(folder('$(touch x) libvirt'), 'meson in a container');
    commitAll(tree);
    const before = folderDigest(tree);
    const libtiny = packageConfig({ name: 'libtiny', build: { profile: 'full', check: false, debuginfo: false }, kind: 'meson-dist', dir: tree, spec: { kind: 'tree', file: 'libtiny.spec.in' } });
    const run = await build(config([emulator(emulatorDistGit(folder('dist-git'), { buildRequires: ['gcc', 'make'] })), libtiny]), 'createrepo');
    const says = (id: string, rpm: string, file: string) => {
      const output = run.outputs.get(id);
      const fact = (output?.data as RpmsFact).rpms.find(({ name }) => name === rpm);
      return fileInRpm(join(output?.dir ?? '', fact?.file ?? ''), file).toString('latin1');
    };
    expect(says('qemu.rpmbuild', 'qemu-img', '/usr/bin/qemu-tool')).toContain('from a container');
    expect(says('libtiny.rpmbuild', 'libtiny', '/usr/bin/tiny')).toContain('meson in a container');
    expect(folderDigest(tree)).toBe(before);
    const owned = await engine.list({ workspace: workspace.id });
    expect(owned.filter(({ type }) => type !== 'image')).toEqual([]);
  });

  test('a BuildRequires comes by dnf from a repository on loopback, once for a spec', async () => {
    await publish(join(root, 'repository'), 'tinydep-devel', '2.5');
    const distGit = emulatorDistGit(folder('dist-git'), { buildRequires: ['tinydep-devel >= 2'] });
    const first = await build(config([emulator(distGit)]), 'qemu.rpmbuild');
    const fact = first.outputs.get('qemu.buildroot')?.data as BuildrootFact;
    expect(fact.evr).toBe('17:10.1.0-20.el9.crpm0001');
    expect(first.lines.join('\n')).toMatch(/Installing\s*:\s*tinydep-devel/);
    expect((first.outputs.get('qemu.rpmbuild')?.data as RpmsFact).rpms.map(({ name }) => name)).toEqual(['qemu-img', 'qemu-kvm-docs']);

    const again = await build(config([emulator(distGit)]), 'qemu.buildroot');
    expect(again.outputs.get('qemu.buildroot')?.data).toEqual(fact);
    expect(again.lines.join('\n')).not.toMatch(/Installing/);
  });

  test('a BuildRequires that is nowhere fails the build root, by name', async () => {
    const failure = await failureOf(config([emulator(emulatorDistGit(folder('dist-git'), { buildRequires: ['nowhere-devel >= 3'] }))]), 'qemu.buildroot');
    expect(failure).toMatchObject({ class: 'build', message: 'BuildRequires nowhere-devel >= 3 of qemu-kvm.spec is in no repository' });
    expect(failure.next).toContain('basesystems.<name>.repos');
  });

  test('a BuildRequires that only a needed package has comes from its RPMs, and another build of them makes another build root and other RPMs', async () => {
    const rpms = folder('rpms');
    const library = async (salt: string) => {
      removeFolder(rpms);
      const files = await buildRpms(mkdtempSync(join(root, 'rpmbuild-')), { source: 'libown', version: '1.0', release: '1.el9', rpms: [{ name: 'libown-devel' }] }, salt);
      mkdirSync(rpms);
      await execa('cp', [files[0] ?? '', rpms]);
      return packageConfig({ name: 'libown', kind: 'prebuilt', rpms: [rpms] });
    };
    const prep = '%autosetup -n qemu-%{version}%{?rcstr} -p1\ncp /usr/share/crpm-test/libown-devel tests/build/data.txt';
    const distGit = emulatorDistGit(folder('dist-git'), { buildRequires: ['libown-devel >= 1.0'], prep });
    expect((await failureOf(config([emulator(distGit)]), 'qemu.buildroot')).message).toBe('BuildRequires libown-devel >= 1.0 of qemu-kvm.spec is in no repository');

    const against = async (salt: string) => {
      const run = await build(config([await library(salt), emulator(distGit, { needs: ['libown'] })]), 'qemu.rpmbuild');
      expect(run.lines.join('\n')).toMatch(/Installing\s*:\s*libown-devel/);
      const output = run.outputs.get('qemu.rpmbuild');
      const docs = (output?.data as RpmsFact).rpms.find(({ name }) => name === 'qemu-kvm-docs');
      expect(fileInRpm(join(output?.dir ?? '', docs?.file ?? ''), '/usr/share/qemu-kvm/data.txt').toString()).toBe(`libown-devel ${salt}\n`);
      return run.outputs.get('qemu.buildroot')?.data as BuildrootFact;
    };
    const [one, two] = [await against('one'), await against('two')];
    // Both are part of what the build depends on.
    expect(two.packages).not.toBe(one.packages);
    expect(two.here.image).not.toBe(one.here.image);
  });

  test('an image that does not exist is named', async () => {
    const made = config([emulator(emulatorDistGit(folder('dist-git')))]);
    const failure = await failureOf({ ...made, basesystems: [{ ...centosStream(9), base: { kind: 'image', reference: '127.0.0.1:1/no/such:image' } }] }, 'base');
    expect(failure.class).toBe('environment');
    expect(failure.message).toContain('127.0.0.1:1/no/such:image');
  });

  test('a base image that lacks programs and has no dnf is told so', async () => {
    const dockerfile = folder('Dockerfile');
    mkdirSync(dockerfile);
    writeFileSync(join(dockerfile, 'Dockerfile'), `FROM ${reference}\nRUN rm -f /usr/bin/rpmbuild /usr/bin/dnf /usr/bin/dnf-3\n`);
    const made = config([emulator(emulatorDistGit(folder('dist-git')))]);
    const failure = await failureOf({ ...made, basesystems: [{ ...centosStream(9), enable: [], disable: [], base: { kind: 'dockerfile', file: join(dockerfile, 'Dockerfile'), context: dockerfile } }] }, 'base');
    expect(failure).toMatchObject({ class: 'environment', message: `the base image ${join(dockerfile, 'Dockerfile')} lacks rpmbuild and has no dnf to install it` });
  });
});

/** A yum repository below `dir` on a port of loopback; empty at first. */
async function serveRepository(dir: string): Promise<{ server: Server; address: string }> {
  mkdirSync(dir, { recursive: true });
  await execa('createrepo_c', ['--general-compress-type=gz', dir]);
  const server = createServer((request, response) => {
    const file = join(dir, normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)));
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/` };
}

/** Adds an RPM of this name and version to a repository. */
async function publish(dir: string, name: string, version: string): Promise<void> {
  const files = await buildRpms(join(dir, '..', `publish-${name}`), { source: `${name}-source`, version, release: '1', rpms: [{ name, provides: [`pkgconfig(${name}) = ${version}`] }] });
  await execa('cp', [files[0] ?? '', dir]);
  await execa('createrepo_c', ['--general-compress-type=gz', dir]);
}
