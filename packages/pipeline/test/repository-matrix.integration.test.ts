import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { toFailure, type Arch, type Config, type Engine, type PackageConfig } from '@crpm/core';
import { chooseEngine } from '@crpm/engines';
import { readPrimary } from '@crpm/rpm';
import type { RepositoryFact } from '@crpm/pipeline/facts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { buildRpms, type SourcePackage } from './kubevirt/support/rpms.js';
import { serveFolder } from './proof/lab.js';
import { centosStream, makeConfig, packageConfig } from './support/config.js';
import { makeWorkspace, removeFolder, runGraph } from './support/run-graph.js';

const missing = ['rpmbuild', 'createrepo_c'].filter((program) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});
if (missing.length > 0) console.warn(`SKIPPED: repositories of RPMs at hand, for this machine lacks ${missing.join(', ')}`);

const spec = (changes: Partial<SourcePackage> = {}): SourcePackage => ({
  package: 'tiny', source: 'tiny-all', epoch: 0, version: '1', release: '1.el9', subpackages: [{ name: 'tiny' }, { name: 'tiny-data', noarch: true }], ...changes,
});

describe.skipIf(missing.length > 0)('RPMs at hand, of several streams and architectures', () => {
  let root: string;
  let engine: Engine;
  let runs = 0;

  /** Base systems that are this machine, as far as the engine is concerned: nothing is built. */
  const configOf = (pkg: Partial<PackageConfig>, arches: readonly Arch[] = ['x86_64', 'aarch64']): Config =>
    makeConfig([packageConfig({ name: 'tiny', kind: 'prebuilt', ...pkg })], { arches, basesystems: [9, 10].map((stream) => ({ ...centosStream(stream), base: { kind: 'host' }, enable: [], disable: [] })) });
  const folder = (name: string) => join(root, `${name} ${String(++runs)}`);
  /** A folder with the RPMs of these builds. */
  const rpms = (...specs: readonly SourcePackage[]): string => {
    const dir = folder('rpms');
    mkdirSync(dir);
    for (const { path } of specs.flatMap(buildRpms)) copyFileSync(path, join(dir, basename(path)));
    return dir;
  };
  const repositoryOf = async (config: Config) => {
    const workspace = makeWorkspace(folder('workspace'));
    const { outputs } = await runGraph(config, { engine, workspace, until: 'createrepo' });
    return { workspace, ...(outputs.get('createrepo')?.data as RepositoryFact) };
  };
  const failureOf = async (config: Config) => repositoryOf(config).then(() => undefined, toFailure);

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'crpm-repository-'));
    engine = await chooseEngine({ config: { kind: 'host', network: 'bridge' }, basesystems: configOf({}).basesystems, env: process.env, signal: AbortSignal.timeout(600_000), workDir: join(root, 'work'), sharedDir: join(root, 'shared') });
  });
  afterAll(async () => {
    await engine.close();
    removeFolder(root);
  });

  test('go each where their %dist and their architecture say, noarch ones everywhere in their stream', async () => {
    const dir = rpms(spec({ arch: 'x86_64' }), spec({ arch: 'aarch64', subpackages: [{ name: 'tiny' }] }), spec({ arch: 'x86_64', release: '1.el10' }));
    const { workspace, repos } = await repositoryOf(configOf({ rpms: [dir] }));
    expect(repos.map(({ path, rpms: held }) => [path, held.map(({ file }) => file).sort()])).toEqual([
      ['centos-stream-9/x86_64', ['tiny-1-1.el9.x86_64.rpm', 'tiny-data-1-1.el9.noarch.rpm']],
      ['centos-stream-9/aarch64', ['tiny-1-1.el9.aarch64.rpm', 'tiny-data-1-1.el9.noarch.rpm']],
      ['centos-stream-10/x86_64', ['tiny-1-1.el10.x86_64.rpm', 'tiny-data-1-1.el10.noarch.rpm']],
      ['centos-stream-10/aarch64', ['tiny-data-1-1.el10.noarch.rpm']],
    ]);
    const served = await serveFolder(join(workspace.state, 'repo', 'current'));
    try {
      expect((await readPrimary(`${served.base}/centos-stream-10/x86_64/`)).map(({ name, arch }) => `${name}.${arch}`).sort()).toEqual(['tiny-data.noarch', 'tiny.x86_64']);
    } finally {
      await served.close();
    }
  });

  test('are refused without a %dist that is theirs, unless the config says whose they are', async () => {
    const dir = rpms(spec({ release: '1' }));
    expect(await failureOf(configOf({ rpms: [dir] }))).toMatchObject({
      class: 'usage',
      message: expect.stringMatching(/tiny-1-1\.x86_64\.rpm has none of \.el9, \.el10 in its release, so it can't be told which base system it is for$/) as string,
      next: 'Say it: sources.tiny.rpms: { centos-stream-9: [...] }, for each base system that it is for.',
    });
    const { repos } = await repositoryOf(configOf({ rpmsOf: { 'centos-stream-10': [dir] } }, ['x86_64']));
    expect(repos.map(({ path, rpms: held }) => [path, held.length])).toEqual([['centos-stream-9/x86_64', 0], ['centos-stream-10/x86_64', 2]]);
  });

  test('are refused where a base system would have none of them', async () => {
    expect(await failureOf(configOf({ rpms: [rpms(spec())] }))).toMatchObject({ class: 'usage', message: 'none of the RPMs of tiny is for centos-stream-10: none has .el10 in its release' });
  });

  test('of one NEVRA and other bytes for each stream are refused: KubeVirt has one rule for both', async () => {
    const rpmsOf = { 'centos-stream-9': [rpms(spec({ release: '1', salt: 'nine' }))], 'centos-stream-10': [rpms(spec({ release: '1', salt: 'ten' }))] };
    expect(await failureOf(configOf({ rpmsOf }))).toMatchObject({ class: 'build', message: expect.stringContaining('tiny: tiny-0:1-1.x86_64 was built for several base systems, each with bytes of its own') as string });
  });
});
