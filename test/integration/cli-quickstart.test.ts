import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliRig } from './cli-rig.js';
import { cloneQuickstart, git as gitIn, missing } from './quickstart.js';

const NODES = ['base', 'qemu.source', 'libvirt.source', 'qemu.buildroot', 'libvirt.buildroot', 'qemu.predict', 'libvirt.predict', 'qemu.rpmbuild', 'libvirt.rpmbuild', 'createrepo', 'serve', 'predict', 'closure', 'rpm-deps', 'verify'];
const YIELDED = ['examples/quickstart/kubevirt/WORKSPACE', 'examples/quickstart/kubevirt/rpm/BUILD.bazel'];

if (missing.length > 0) console.warn(`SKIPPED: the quickstart end to end; not on PATH: ${missing.join(', ')}`);

let rig: CliRig;
beforeEach(async () => {
  rig = new CliRig();
  await cloneQuickstart(rig);
});
afterEach(async () => {
  await rig.crpm(['serve', '--stop']);
  rig.remove();
});

const git = (...argv: readonly string[]) => gitIn(rig, ...argv);

/** Outcomes in the summary, by node. */
function outcomes(out: string): Readonly<Record<string, string>> {
  const rows = [...out.matchAll(/^(\S+) {2,}(ran|fresh|restored|as it is|skipped|failed|not run|cancelled) +(?:-|[\dhms.]+)(?:  .*)?$/gm)];
  return Object.fromEntries(rows.map(([, node, outcome]) => [node, outcome]));
}

const LEFT = /\nleft running, until crpm serve --stop: the repository server at http:\/\/127\.0\.0\.1:\d+\/\nchanged, until crpm revert: examples\/quickstart\/kubevirt\/WORKSPACE, examples\/quickstart\/kubevirt\/rpm\/BUILD\.bazel$/;

describe.skipIf(missing.length > 0)('the quickstart on this machine', () => {
  test('one run builds, publishes, serves, changes KubeVirt’s two files and proves it; the next finds all fresh; revert takes it back', async () => {
    const first = await rig.crpm(['run']);
    expect(first.err).toBe('');
    expect(outcomes(first.out)).toEqual(Object.fromEntries(NODES.map((node) => [node, 'ran'])));
    expect(first.code).toBe(0);
    expect(first.out.match(/^\S+: foretold from .*$/gm)?.sort()).toEqual(['libvirt.predict', 'predict', 'qemu.predict'].map((node) => `${node}: foretold from the repositories of rpm/repo-cs9.yaml`));
    expect(first.out).toContain("rpm-deps: KubeVirt's script runs, because rpm-deps has not run here yet");
    expect(first.out).toMatch(/\nverify +ran[^]*libvirt-daemon-driver-qemu[^]*$/);
    expect(await git('status', '--porcelain', '--untracked-files=all')).toBe(YIELDED.map((file) => ` M ${file}`).join('\n'));

    expect(first.out).toMatch(/\nRPM files: \.crpm\/repo\/current\/host\/\w+\/by-sha256\/\*\/\*\.rpm\n/);
    expect(first.out).toMatch(LEFT);
    const { rpmFiles } = JSON.parse((await rig.crpm(['status', '--json'])).out) as { rpmFiles: string };
    expect((await execa('sh', ['-c', `ls ${rpmFiles} | wc -l`])).stdout).toBe('11');

    const served = /http:\/\/127\.0\.0\.1:\d+\//.exec(readFileSync(join(rig.work, YIELDED[0] ?? ''), 'utf8'))?.[0] ?? '';
    expect((await rig.crpm(['serve', '--status'])).out).toContain(served);
    expect((await fetch(`${served}etc/passwd`)).status).toBe(404);

    const second = await rig.crpm(['run']);
    expect(outcomes(second.out)).toEqual(Object.fromEntries(NODES.map((node) => [node, 'fresh'])));
    expect(second.code).toBe(0);
    expect(second.out).toMatch(/\nshown: the example takes the build$/);
    expect(second.out).not.toContain(', new');
    expect((await rig.crpm(['plan'])).out).toContain('all fresh: nothing to do');

    // Another base system is called by its name, also where it brings what a package could have of its own.
    const config = readFileSync(join(rig.work, 'custom-rpms.config.yaml'), 'utf8');
    rig.write({ 'custom-rpms.config.yaml': config.replace('basesystem: host', 'basesystem: centos-stream-9') });
    expect((await rig.crpm(['plan'])).out).toMatch(/ qemu\.source +run +lookaside of the basesystem: unset → https:\/\/sources\.stream\.centos\.org\/sources\/rpms /);
    rig.write({ 'custom-rpms.config.yaml': config });

    const proof = JSON.parse((await rig.crpm(['verify', '--json'])).out) as { ok: boolean };
    expect(proof.ok).toBe(true);

    // An edit of code gives other bytes and other build-ids, and nothing that a resolver looks at; so does taking it back.
    const source = join(rig.work, 'examples/quickstart/qemu/qemu-img.c');
    const unedited = readFileSync(source, 'utf8');
    for (const text of [unedited.replace('usage: %s', 'Usage: %s'), unedited]) {
      writeFileSync(source, text);
      const { code, out } = await rig.crpm(['run']);
      expect([code, out]).toEqual([0, expect.stringMatching(/^rpm-deps: hot swap: only bytes of \d+ RPMs? changed$/m)]);
      expect(out.match(/^\S+(?=.* taken, new )/gm)).toEqual(['qemu-img']);
      // The tree names RPMs of before again: that was proven, and is proven anew.
      expect(outcomes(out)['verify']).toBe('ran');
    }

    // A server that moves leaves all as it is but the addresses.
    const port = 30_000 + (process.pid % 2000);
    expect((await rig.crpm(['serve', '--port', String(port)])).out).toContain('in WORKSPACE moved along');
    const moved = `http://127.0.0.1:${port}/`;
    expect(await rig.crpm(['verify'])).toMatchObject({ code: 0, err: '' });
    const third = await rig.crpm(['run']);
    expect(outcomes(third.out)).toEqual(Object.fromEntries(NODES.map((node) => [node, 'fresh'])));
    expect(third.code).toBe(0);

    const stopped = await rig.crpm(['serve', '--stop']);
    expect(stopped.out).toMatch(/^stopped; KubeVirt's next build can't fetch \d+ RPMs until crpm serve runs again$/);
    // A command that needs it starts it, and leaves it stopped.
    expect(await rig.crpm(['verify'])).toMatchObject({ code: 0, err: 'the repository was served for this alone, because it had been stopped; crpm serve serves it again' });
    const status = async () => JSON.parse((await rig.crpm(['serve', '--status', '--json'])).out) as { running: boolean; pid: number };
    expect(await status()).toMatchObject({ running: false });
    // As after a reboot it stays.
    await rig.crpm(['serve']);
    process.kill((await status()).pid, 'SIGKILL');
    expect(await rig.crpm(['verify'])).toMatchObject({ code: 0, err: `the repository was not served any more; it is again, at ${moved} (crpm serve --stop ends that)` });
    expect(await status()).toMatchObject({ running: true });
    expect(await rig.crpm(['prefetch'], { env: { KUBEVIRT_RUN_UNNESTED: 'true', USER: 'me' } })).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+ RPMs loaded, 0 there already: .*\/\.cache\/bazel\/_bazel_me\/cache\/repos\/v1$/) as string });

    // What the tree names must stay to be had.
    const refused = await rig.crpm(['clean', '--all']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(`names RPMs at ${moved}, which would be gone`);

    expect((await rig.crpm(['status'])).out).toMatch(/^proof +shown: the example takes the build \(/m);
    expect((await rig.crpm(['revert'])).code).toBe(0);
    expect(await git('status', '--porcelain', '--untracked-files=all')).toBe('');
    expect((await rig.crpm(['status'])).out).toMatch(/^proof +none any more: the KubeVirt tree was reverted since run /m);
    expect((await rig.crpm(['revert'])).out).toContain('nothing to revert');
    const reverted = await rig.crpm(['verify']);
    expect(reverted.code).toBe(1);
    expect(reverted.out).toMatch(/KubeVirt's tree holds none of the \d+ RPMs that were built/);
    expect(reverted.out).toContain('crpm run puts them there.');
    expect(reverted.out).not.toContain('not proven (');

    // What a run puts back that was taken back is told again; what stands is not, even when all is made anew.
    await rig.crpm(['serve', '--stop']);
    expect((await rig.crpm(['run'])).out).toMatch(LEFT);
    await rig.crpm(['clean']);
    const anew = await rig.crpm(['run']);
    expect(outcomes(anew.out)).toMatchObject({ serve: 'ran', 'rpm-deps': 'ran', verify: 'ran' });
    expect(anew.out).toMatch(/\nshown: the example takes the build$/);
    await rig.crpm(['revert']);
    expect((await rig.crpm(['clean', '--all'])).code).toBe(0);
  });

  test('a rule of crpm’s that was edited by hand: written again it goes back, else it is kept, named, and never a dangling label', async () => {
    const [workspace, build] = YIELDED.map((file) => join(rig.work, file)) as [string, string];
    const original = readFileSync(build, 'utf8');
    const originalWorkspace = readFileSync(workspace, 'utf8');
    const editTree = () => writeFileSync(build, readFileSync(build, 'utf8').replace(/(name = "launcherbase_x86_64_cs9"[^)]*"@glibc-0__2.34[^\n]*)/, '$1 # keep'));
    expect((await rig.crpm(['run'])).code).toBe(0);
    editTree();
    writeFileSync(workspace, readFileSync(workspace, 'utf8').replace(/(by-sha256\/[^"]*qemu-img-10[^"]*)/, '$1?mine'));
    expect(readFileSync(workspace, 'utf8')).toContain('?mine');
    expect((await rig.crpm(['run'])).code).toBe(0);
    const mine = 'load("//foo:bar.bzl", "bar")\n\nbar()\n';
    appendFileSync(workspace, mine);
    expect(JSON.parse((await rig.crpm(['revert', '--json'])).out)).toMatchObject({ kept: [] });
    expect(readFileSync(workspace, 'utf8')).toBe(originalWorkspace + mine);
    writeFileSync(workspace, originalWorkspace);
    expect(await git('status', '--porcelain', '--untracked-files=all')).toBe('');

    expect((await rig.crpm(['run'])).code).toBe(0);
    editTree();
    const partly = await rig.crpm(['revert', '--json']);
    expect(partly.code).toBe(1);
    const { kept } = JSON.parse(partly.out) as { kept: string[] };
    expect(kept[0]).toBe('rpmtree launcherbase_x86_64_cs9');
    for (const [, label] of readFileSync(build, 'utf8').matchAll(/"@([^/]+)\/\/rpm"/g)) expect(readFileSync(workspace, 'utf8')).toContain(`name = "${label}"`);
    expect(JSON.parse((await rig.crpm(['revert', '--json'])).out)).toMatchObject({ restored: [], kept });
    const refused = await rig.crpm(['clean', '--all']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('Remove them by hand');
    for (const rule of kept) expect(refused.err).toContain(rule);

    writeFileSync(build, original);
    expect(JSON.parse((await rig.crpm(['revert', '--json'])).out)).toMatchObject({ restored: kept.slice(1), kept: [] });
    expect(await git('status', '--porcelain', '--untracked-files=all')).toBe('');
    expect((await rig.crpm(['clean', '--all'])).code).toBe(0);
  });

  test('--only works first thing on a fresh clone: what it needs has no result yet and is run', async () => {
    const { code, out } = await rig.crpm(['run', '--only', 'libvirt.rpmbuild']);
    expect(outcomes(out)).toEqual({ base: 'ran', 'libvirt.source': 'ran', 'libvirt.buildroot': 'ran', 'libvirt.predict': 'ran', 'libvirt.rpmbuild': 'ran' });
    expect(code).toBe(0);
    expect(await git('status', '--porcelain', '--untracked-files=all')).toBe('');
  });

  test('LIBVIRT_ONLY drops the other package, and KubeVirt keeps its official one', async () => {
    expect((await rig.crpm(['graph'], { env: { LIBVIRT_ONLY: 'true' } })).out).not.toContain('qemu.');
  });

  test('a build that fails makes 1, names node, line, next step and log, and leaves KubeVirt’s tree alone', async () => {
    const file = join(rig.work, 'examples/quickstart/qemu/qemu-img.c');
    writeFileSync(file, readFileSync(file, 'utf8').replace('return usage(argv[0])', 'return oops'));
    const before = await git('status', '--porcelain', '--untracked-files=all');
    const { code, out } = await rig.crpm(['run', '--keep-going']);
    expect(code).toBe(1);
    expect(outcomes(out)).toMatchObject({ 'qemu.rpmbuild': 'failed', 'libvirt.rpmbuild': 'ran', createrepo: 'not run', 'rpm-deps': 'not run', verify: 'not run' });
    expect(out).toMatch(/\nqemu\.rpmbuild failed: /);
    expect(out).toMatch(/^ {2}\| \S*qemu-img\.c:\d+:\d+: error: .*oops/m);
    expect(await git('status', '--porcelain', '--untracked-files=all')).toBe(before);
  });

  test('verify before anything was built is refused', async () => {
    const { code, err } = await rig.crpm(['verify']);
    expect(code).toBe(2);
    expect(err).toContain('there is nothing to verify yet: ');
    expect(existsSync(join(rig.work, '.crpm'))).toBe(false);
  });

  test('an engine that is not there makes 3 and tells the sockets tried', async () => {
    const config = readFileSync(join(rig.work, 'custom-rpms.config.yaml'), 'utf8').replace('basesystem: host', 'basesystem: centos-stream-9');
    rig.write({ 'custom-rpms.config.yaml': config });
    const { code, out } = await rig.crpm(['run', '--only', 'base'], { env: { DOCKER_HOST: `unix://${join(rig.root, 'none.sock')}` } });
    expect(code).toBe(3);
    expect(out).toContain('none.sock');
  });
});
