import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bazeldnf } from '../../../../test/support/bazeldnf.js';
import { buildRpms, hasRpmTools } from '../../../../test/support/rpms.js';
import { repairAddresses, type BazelFiles, type CustomRpm } from '../../src/proof/index.js';
import { ARCH, BazelTree, customRpms, judge, publish, serveFolder, sha256 } from './lab.js';

const program = (await hasRpmTools()) ? await bazeldnf() : undefined;

const OURS = '0:12.5.0-1.el9.crpm0001';
const OFFICIAL = '0:12.5.0-1.el9';
const TREE = `launcherbase_${ARCH}_cs9`;
const names = (rpms: readonly string[], wanted: readonly string[]) => rpms.filter((file) => wanted.some((name) => basename(file).startsWith(`${name}-12`)));

describe.skipIf(program === undefined)('verify judges what real bazeldnf wrote', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-proof-'));
  const www = join(dir, 'www');
  let server: Awaited<ReturnType<typeof serveFolder>>;
  let official: string;
  let customBase: string;
  let built: readonly string[];
  let custom: readonly CustomRpm[];
  let start: BazelFiles;
  let tree: BazelTree;

  /** Subpackages that need each other as libvirt's do; `exact` is what they ask of libvirt-libs. */
  const libvirt = (release: string, exact: string) => ({
    source: 'libvirt',
    version: '12.5.0',
    release,
    rpms: [
      { name: 'libvirt-libs' },
      { name: 'libvirt-client', requires: [`libvirt-libs = ${exact}`] },
      { name: 'libvirt-daemon-log', requires: ['libvirt-libs'] },
      { name: 'libvirt-daemon-driver-qemu', requires: [`libvirt-libs = ${exact}`, 'libvirt-daemon-log'] },
      { name: 'libvirt-nss', requires: [`libvirt-libs = ${exact}`] },
    ],
  });
  const binary = (files: readonly string[]) => files.filter((file) => !file.endsWith('.src.rpm'));

  beforeAll(async () => {
    built = binary(await buildRpms(join(dir, 'ours'), libvirt('1.el9.crpm0001', '12.5.0-1.el9.crpm0001'), 'ours'));
    const theirs = binary(await buildRpms(join(dir, 'theirs'), libvirt('1.el9', '12.5.0-1.el9'), 'theirs'));
    const system = binary(await buildRpms(join(dir, 'base'), { source: 'centos-release', version: '9', release: '1.el9', rpms: [{ name: 'centos-stream-release', noarch: true }] }));
    await publish(join(www, 'official'), [...theirs, ...system]);
    await publish(join(www, 'custom'), built);
    server = await serveFolder(www);
    official = `${server.base}/official`;
    customBase = `${server.base}/custom`;
    custom = customRpms(built, customBase);

    // Where every case starts: the distribution's own RPMs, in a tree of ours and in trees of another stream and of no script.
    const first = new BazelTree(program!, join(dir, 'start')); // skipped without it
    for (const name of [TREE, `launcherbase_${ARCH}_cs10`, 'libguestfs-tools_cs9']) {
      await first.resolve(name, [official], ['libvirt-client', 'libvirt-daemon-driver-qemu']);
    }
    start = first.read();
  });
  beforeEach(({ task }) => {
    tree = new BazelTree(program!, join(dir, 'trees', task.id)); // skipped without it
    tree.write(start);
  });
  afterAll(async () => {
    await server.close();
    rmSync(dir, { recursive: true });
  });

  const evidence = () => ({ before: start, after: tree.read(), custom, officialBase: official });
  const messages = async (facts: Parameters<typeof judge>[0]) => (await judge(facts)).complaints.map((complaint) => complaint.message);
  const pinned = [`libvirt-client-${OURS}`, `libvirt-daemon-driver-qemu-${OURS}`];

  it('a right build is proven, and what it needs is in the tree with it', async () => {
    await tree.resolve(TREE, [customBase, official], pinned);
    const proof = await judge({ ...evidence(), pinned: { [ARCH]: ['libvirt-client', 'libvirt-daemon-driver-qemu'] } });
    expect(proof.complaints).toEqual([]);
    expect(Object.fromEntries(proof.rows.map((row) => [row.name, row.verdict]))).toEqual({
      'libvirt-libs': 'taken',
      'libvirt-client': 'taken',
      'libvirt-daemon-log': 'taken',
      'libvirt-daemon-driver-qemu': 'taken',
      'libvirt-nss': 'not needed',
    });
    expect(proof).toMatchObject({ proven: true, standing: 'proof', moved: [] });
  });

  it('another EVR was chosen: a build that is older and not asked for by version', async () => {
    const older = binary(await buildRpms(join(dir, 'older'), libvirt('0.el9.crpm0001', '12.5.0-0.el9.crpm0001')));
    await publish(join(www, 'older'), older);
    await tree.resolve(TREE, [`${server.base}/older`, official], ['libvirt-client']);
    const only = names(older, ['libvirt-client']);
    expect(await messages({ ...evidence(), custom: customRpms(only, `${server.base}/older`), allowOfficial: ['libvirt-libs'] })).toEqual([
      `${ARCH}: KubeVirt took none of the RPMs that were built: libvirt-client`,
      expect.stringMatching(new RegExp(`^${TREE}: KubeVirt took libvirt-client ${OFFICIAL}, not the 0:12\\.5\\.0-0\\.el9\\.crpm0001 that was built; it comes from ${official}/by-sha256/`)),
    ]);
  });

  it('none was taken: the custom repository was not given', async () => {
    await tree.resolve(TREE, [official], ['libvirt-client', 'libvirt-daemon-driver-qemu']);
    const proof = await judge(evidence());
    expect(proof.complaints[0]?.message).toBe(`${ARCH}: KubeVirt took none of the RPMs that were built: ${custom.map((rpm) => rpm.name).join(', ')}`);
    expect(proof.rows.filter((row) => row.verdict === 'taken')).toEqual([]);
  });

  it('an official RPM of the same EVR stands in the rule', async () => {
    const same = binary(await buildRpms(join(dir, 'same'), libvirt('1.el9', '12.5.0-1.el9'), 'other bytes'));
    const [libs] = customRpms(names(same, ['libvirt-libs']), `${server.base}/same`);
    if (!libs) return expect.fail();
    await publish(join(www, 'same'), same);
    await tree.resolve(TREE, [official, `${server.base}/same`], [`libvirt-libs-${OFFICIAL}`]);
    expect(await messages({ ...evidence(), custom: [libs] })).toEqual([
      `${ARCH}: KubeVirt took none of the RPMs that were built: libvirt-libs`,
      expect.stringMatching(
        new RegExp(`^${TREE}: libvirt-libs ${OFFICIAL} is not the RPM that was built: its sha256 is [0-9a-f]{64}, the build's ${libs.sha256}; it comes from ${official}/by-sha256/`),
      ),
    ]);
  });

  it('two EVRs of one name in a tree: an official RPM wants the official library exactly', async () => {
    const without = names(built, ['libvirt-libs', 'libvirt-client']);
    await publish(join(www, 'without-nss'), without);
    await tree.resolve(TREE, [`${server.base}/without-nss`, official], [`libvirt-client-${OURS}`, 'libvirt-nss']);
    expect(await messages({ ...evidence(), custom: customRpms(without, `${server.base}/without-nss`), allowOfficial: ['libvirt-nss'] })).toEqual([
      expect.stringMatching(new RegExp(`^${TREE}: holds libvirt-libs twice, ${OURS} that was built and ${OFFICIAL} from ${official}/by-sha256/`)),
    ]);
  });

  it('an official subpackage stands beside ours: one that was not built', async () => {
    const without = names(built, ['libvirt-libs', 'libvirt-client', 'libvirt-daemon-driver-qemu']);
    await publish(join(www, 'without-log'), without);
    await tree.resolve(TREE, [`${server.base}/without-log`, official], pinned);
    const facts = { ...evidence(), custom: customRpms(without, `${server.base}/without-log`) };
    const message = `${TREE}: libvirt-daemon-log ${OFFICIAL} is an official RPM of libvirt, beside RPMs of libvirt that were built`;
    expect(await messages(facts)).toEqual([message]);
    // The same is found without the distribution's metadata, by the EVR it shared with ours before.
    expect(await messages({ before: start, after: tree.read(), custom: facts.custom })).toEqual([message]);
    expect(await messages({ ...facts, allowOfficial: ['libvirt-daemon-log'] })).toEqual([]);
  });

  it('the server moved: a dead address is found, repaired, and then proven', async () => {
    await tree.resolve(TREE, [customBase, official], pinned);
    const old = tree.read();
    const moved = await serveFolder(www);
    try {
      // The same bytes at another address: bazeldnf leaves the rules as they were.
      await tree.resolve(TREE, [`${moved.base}/custom`, official], pinned);
      expect(tree.read()).toEqual(old);
      const now = customRpms(built, `${moved.base}/custom`);
      const complaints = await messages({ ...evidence(), custom: now });
      expect(complaints).toHaveLength(4);
      const [client] = now.filter((rpm) => rpm.name === 'libvirt-client');
      expect(complaints).toContain(
        `WORKSPACE: libvirt-client-${OURS.replace(':', '__')}.${ARCH} has the right bytes and the wrong address: ${client?.url.replace(moved.base, server.base) ?? ''}, and the RPM is served at ${client?.url ?? ''}`,
      );
      const { text, repaired } = repairAddresses(old.workspace, now);
      expect(repaired).toHaveLength(4);
      expect(await messages({ ...evidence(), custom: now, after: { ...old, workspace: text } })).toEqual([]);
    } finally {
      await moved.close();
    }
  });

  it('an address answers other bytes, or nothing', async () => {
    const base = `${server.base}/spoilt`;
    await publish(join(www, 'spoilt'), built);
    await tree.resolve(TREE, [base, official], pinned);
    const spoilt = customRpms(built, base);
    const [client] = spoilt.filter((rpm) => rpm.name === 'libvirt-client');
    if (!client) return expect.fail();
    const file = join(www, client.url.slice(server.base.length));
    const bytes = readFileSync(file);
    writeFileSync(file, 'something else');
    expect(await messages({ ...evidence(), custom: spoilt })).toEqual([
      `${client.url} answers other bytes: their sha256 is ${sha256(Buffer.from('something else'))}, the build's ${client.sha256}`,
    ]);
    rmSync(file);
    expect(await messages({ ...evidence(), custom: spoilt })).toEqual([`${client.url} does not answer: 404 Not Found`]);
    writeFileSync(file, bytes);
    expect(await messages({ ...evidence(), custom: spoilt })).toEqual([]);
  });

  it('a tree of another stream was resolved too', async () => {
    await tree.resolve(TREE, [customBase, official], pinned);
    await tree.resolve(`launcherbase_${ARCH}_cs10`, [customBase, official], pinned);
    const complaints = await messages(evidence());
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(new RegExp(`^rpm/BUILD\\.bazel: the tree launcherbase_${ARCH}_cs10 is not of this run and changed: it now lists libvirt-client-0__12\\.5\\.0-1\\.el9\\.crpm0001`));
  });
});
