import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bazeldnf } from '../../../../test/support/bazeldnf.js';
import { formatProof } from '../../src/kubevirt/format-proof.js';
import { moveAddresses } from '../../src/kubevirt/move-addresses.js';
import { revert } from '../../src/kubevirt/revert.js';
import { readYielded, type Yielded } from '../../src/kubevirt/yielded-files.js';
import { derivedPort } from '../../src/serve/port.js';
import { EXAMPLE_PARAMS, Rig } from './support/nodes.js';
import { buildRpms, LIBVIRT, QEMU } from './support/rpms.js';
import { temporaryFolder } from '../serve/support/temporary.js';

let rpms: ReturnType<typeof buildRpms>;
let rig: Rig;
let original: Yielded;

beforeAll(() => {
  rpms = [...buildRpms(LIBVIRT), ...buildRpms(QEMU)];
});
beforeEach(async () => {
  rig = new Rig(EXAMPLE_PARAMS, { PATH: pathWithoutBazeldnf(), HOME: process.env['HOME'] });
  original = readYielded(rig.tree);
  await rig.serve(rpms);
});
afterEach(() => rig.close());

/** So that the stand-in resolver is used, whatever this machine has. */
function pathWithoutBazeldnf(): string {
  return (process.env['PATH'] ?? '').split(':').filter((dir) => !existsSync(join(dir, 'bazeldnf'))).join(':');
}

const script = () => join(rig.tree, 'hack/rpm-deps.sh');
const insertIntoScript = (line: string) => writeFileSync(script(), readFileSync(script(), 'utf8').replace(/^\$resolver prune$/m, `$&\n${line}`));
const undo = () => revert({ config: { kubevirt: { dir: rig.tree } }, workspace: rig.workspace });

describe('with a real bazeldnf on PATH', () => {
  test('every custom RPM is taken, qemu-pr-helper included, and it is a proof', async ({ skip }) => {
    const binary = await bazeldnf();
    if (binary === undefined) return skip();
    const bin = temporaryFolder('bin');
    symlinkSync(binary, join(bin, 'bazeldnf'));
    const real = new Rig(EXAMPLE_PARAMS, { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: process.env['HOME'] });
    try {
      await real.serve(rpms);
      expect((await real.rpmDeps()).resolver).toEqual({ name: 'bazeldnf', standIn: false });
      const { proof } = await real.verify();
      expect(proof).toMatchObject({ proven: true, standing: 'proof', complaints: [] });
      expect(proof.rows.map(({ name, verdict }) => [name, verdict]).sort()).toEqual(rpms.map((rpm) => [rpm.name, 'taken']).sort());
      await revert({ config: { kubevirt: { dir: real.tree } }, workspace: real.workspace });
      expect(readYielded(real.tree)).toEqual(original);
    } finally {
      await real.close();
    }
  });
});

describe('a run that goes well', () => {
  test('puts every custom RPM into the tree, and verify shows it', async () => {
    const fact = await rig.rpmDeps();
    expect(fact.resolver).toEqual({ name: 'hack-resolver', standIn: true });
    const { proof, ...rest } = await rig.verify();
    expect(proof.rows.map(({ name, verdict }) => [name, verdict]).sort()).toEqual(rpms.map((rpm) => [rpm.name, 'taken']).sort());
    expect(proof.complaints).toEqual([]);
    expect(formatProof({ proof, ...rest })).toContain('demonstration, not proof');
    expect(rig.warnings).toEqual([]);
  });

  test('changes nothing but the two files, and no file of the other stream', async () => {
    const before = readFileSync(script(), 'utf8');
    await rig.rpmDeps();
    expect(readFileSync(script(), 'utf8')).toBe(before);
    expect(existsSync(join(rig.tree, 'crpm-repo.yaml'))).toBe(false);
    expect(existsSync(join(rig.tree, '_out'))).toBe(false);
    const cs10 = (text: string) => /rpmtree\(\n {4}name = "launcherbase_x86_64_cs10"[\s\S]*?\n\)/.exec(text)?.[0];
    expect(cs10(readYielded(rig.tree)['rpm/BUILD.bazel'])).toBe(cs10(original['rpm/BUILD.bazel']));
  });

  test('is stale once one of the files is not what it wrote', async () => {
    const fact = await rig.rpmDeps();
    expect(await rig.stale(fact)).toBeUndefined();
    appendFileSync(join(rig.tree, 'WORKSPACE'), '# edited\n');
    expect(await rig.stale(fact)).toContain('WORKSPACE');
  });

  test('a second build replaces the first, and a revert leads back before both', async () => {
    await rig.rpmDeps();
    await rig.serve([...buildRpms({ ...LIBVIRT, release: '1.el9.crpm0002' }), ...rpms.filter((rpm) => rpm.package === 'qemu')]);
    await rig.rpmDeps();
    const { proof } = await rig.verify();
    expect(proof.rows.find(({ name }) => name === 'libvirt-client')?.evr).toBe('0:12.1.0-1.el9.crpm0002');
    expect((await undo()).kept).toEqual([]);
    expect(readYielded(rig.tree)).toEqual(original);
    expect(await undo()).toEqual({ restored: [], kept: [], needed: [] });
  });

  test('a revert keeps a rule that was edited since, and names it', async () => {
    await rig.rpmDeps();
    const edited = readYielded(rig.tree).WORKSPACE.replace(/"http:[^"]+\/qemu-img-10[^"]+crpm0001[^"]+"/, '"http://mine.example.org/qemu-img.rpm"');
    writeFileSync(join(rig.tree, 'WORKSPACE'), edited);
    const result = await undo();
    expect(result.kept).toEqual(['rpm qemu-img-17__10.1.0-20.el9.crpm0001.x86_64']);
    expect(readYielded(rig.tree)['rpm/BUILD.bazel']).toBe(original['rpm/BUILD.bazel']);
    expect(readYielded(rig.tree).WORKSPACE).toContain('http://mine.example.org/qemu-img.rpm');
  });
});

describe('a server that moves', () => {
  test('takes the addresses in WORKSPACE along, and the way back still leads back', async () => {
    await rig.rpmDeps();
    const foreign = 'http://127.0.0.1:9/centos-stream-9/x86_64/by-sha256/';
    const custom = rpms.length;
    expect(await moveAddresses({ config: { kubevirt: { dir: rig.tree } }, workspace: rig.workspace, baseUrl: 'http://127.0.0.1:9/' })).toBe(custom);
    expect(readYielded(rig.tree).WORKSPACE.split(foreign)).toHaveLength(custom + 1);
    expect(await moveAddresses({ config: { kubevirt: { dir: rig.tree } }, workspace: rig.workspace, baseUrl: 'http://127.0.0.1:9/' })).toBe(0);
    await expect(rig.verify()).rejects.toMatchObject({ failure: { class: 'proof' } });
    expect((await undo()).kept).toEqual([]);
    expect(readYielded(rig.tree)).toEqual(original);
  });

  test('leaves all consistent: verify passes, and rpm-deps has nothing to do; without the addresses it has', async () => {
    const fact = await rig.rpmDeps();
    const at = rig.baseUrl;
    for (const name of ['one', 'two']) {
      await rig.startServer(derivedPort(`${rig.workspace.id}-${name}`));
      expect(rig.baseUrl).not.toBe(at);
      expect(await rig.stale(fact)).toContain('WORKSPACE');
      await expect(rig.verify()).rejects.toMatchObject({ failure: { class: 'proof' } });
      expect(await moveAddresses({ config: { kubevirt: { dir: rig.tree } }, workspace: rig.workspace, baseUrl: rig.baseUrl })).toBe(rpms.length);
      expect(await rig.stale(fact)).toBeUndefined();
      expect((await rig.verify()).proof.complaints).toEqual([]);
    }
    appendFileSync(join(rig.tree, 'WORKSPACE'), '# edited\n');
    expect(await rig.stale(fact)).toContain('WORKSPACE');
    writeFileSync(join(rig.tree, 'WORKSPACE'), 'rpm(');
    expect(await rig.stale(fact)).toContain('WORKSPACE');
  });

  test('leaves addresses alone that another workspace published', async () => {
    await rig.rpmDeps();
    const other = { ...rig.workspace, state: join(rig.workspace.state, '../other') };
    mkdirSync(other.state);
    expect(await moveAddresses({ config: { kubevirt: { dir: rig.tree } }, workspace: other, baseUrl: 'http://127.0.0.1:9/' })).toBe(0);
  });
});

describe('a run that fails leaves the tree as it was', () => {
  test('when the script ends half-way', async () => {
    insertIntoScript('echo "cannot go on"; exit 7');
    await expect(rig.rpmDeps()).rejects.toMatchObject({ failure: { class: 'build', message: "KubeVirt's hack/rpm-deps.sh ended with exit code 7", lines: expect.arrayContaining(['cannot go on']) } });
    expect(readYielded(rig.tree)).toEqual(original);
  });

  test('when the script ends well but took the old packages', async () => {
    insertIntoScript(`cp ${rig.tree}/WORKSPACE WORKSPACE; cp ${rig.tree}/rpm/BUILD.bazel rpm/BUILD.bazel`);
    const failed = rig.rpmDeps();
    await expect(failed).rejects.toMatchObject({ failure: { class: 'proof', data: { proof: { rows: expect.arrayContaining([expect.objectContaining({ name: 'libvirt-client', verdict: 'not taken' })]) } } } });
    expect(readYielded(rig.tree)).toEqual(original);
  });

  test('when the user edits WORKSPACE meanwhile: theirs stays', async () => {
    insertIntoScript(`echo '# mine' >> ${join(rig.tree, 'WORKSPACE')}`);
    await expect(rig.rpmDeps()).rejects.toMatchObject({ failure: { class: 'source', message: expect.stringContaining('yours stay'), next: expect.stringContaining('cp ') } });
    expect(readYielded(rig.tree)).toEqual({ ...original, WORKSPACE: `${original.WORKSPACE}# mine\n` });
  });

  test('when the server goes away before the proof', async () => {
    await rig.close();
    await expect(rig.rpmDeps()).rejects.toMatchObject({ failure: { class: 'build' } });
    expect(readYielded(rig.tree)).toEqual(original);
  });

  test('when an official RPM of the same source package is left beside ours', async () => {
    await rig.serve([...buildRpms({ ...LIBVIRT, subpackages: LIBVIRT.subpackages.filter(({ name }) => name !== 'libvirt-devel') }), ...rpms.filter((rpm) => rpm.package === 'qemu')]);
    await expect(rig.rpmDeps()).rejects.toMatchObject({ failure: { class: 'build', message: expect.stringContaining('but libvirt does not make libvirt-devel'), next: expect.stringContaining('it needs a %files section') } });
    expect(readYielded(rig.tree)).toEqual(original);
  });

  test('when the script can not be run', async () => {
    chmodSync(script(), 0o644);
    await expect(rig.rpmDeps()).rejects.toMatchObject({ failure: { class: 'build', message: expect.stringContaining('could not be started: hack/rpm-deps.sh is not executable') } });
  });

  test('when the tree has no script', async () => {
    rmSync(script());
    await expect(rig.rpmDeps()).rejects.toMatchObject({ failure: { class: 'usage' } });
  });

  test('when it is cancelled', async () => {
    insertIntoScript('echo waiting; sleep 600');
    const controller = new AbortController();
    const run = rig.rpmDeps(controller.signal);
    await expect.poll(() => rig.lines.includes('waiting'), { timeout: 30_000 }).toBe(true);
    controller.abort();
    await expect(run).rejects.toThrow();
    expect(readYielded(rig.tree)).toEqual(original);
  });
});

describe('two at once', () => {
  test('on one tree: the second is refused, naming the first', async () => {
    const first = rig.rpmDeps();
    await expect(rig.rpmDeps()).rejects.toMatchObject({ failure: { class: 'locked', message: expect.stringContaining(`pid ${process.pid}`) } });
    await first;
  });
});

test('a repository that somebody else published is read from its metadata, and proven the same way', async () => {
  const published = new Rig({ ...EXAMPLE_PARAMS, published: `${rig.baseUrl}centos-stream-9/x86_64` }, rig.env);
  await published.rpmDeps();
  const { proof } = await published.verify();
  expect(proof.complaints).toEqual([]);
  expect(proof.rows.map(({ name, package: from, verdict }) => [name, from, verdict]).sort()).toEqual(rpms.map((rpm) => [rpm.name, rpm.package, 'taken']).sort());
});

test('a private copy that somebody changed is equal to the tree again before the next run', async () => {
  await rig.rpmDeps();
  const copy = join(rig.workspace.state, 'kubevirt/tree');
  writeFileSync(join(copy, 'hack/resolver.mjs'), 'process.exit(0)');
  writeFileSync(join(copy, 'Makefile.orig'), '');
  await rig.rpmDeps();
  expect(readFileSync(join(copy, 'hack/resolver.mjs'), 'utf8')).toBe(readFileSync(join(rig.tree, 'hack/resolver.mjs'), 'utf8'));
  expect(existsSync(join(copy, 'Makefile.orig'))).toBe(false);
});
