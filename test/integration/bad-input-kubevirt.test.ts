import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { copyQuickstart, failureOf, lacksBuildTools, leftIn, outcomes } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

const KUBEVIRT = 'examples/quickstart/kubevirt';
const YIELDED = [`${KUBEVIRT}/WORKSPACE`, `${KUBEVIRT}/rpm/BUILD.bazel`];

/** A script of another kind, which yet knows the variables. */
const scriptOf = (lines: string, interpreter = '/bin/sh') => `#!${interpreter}\n: $LIBVIRT_VERSION $QEMU_VERSION\n${lines}`;

// One build of the quickstart for all of these; what each harms, it is given back.
describe.skipIf(lacksBuildTools())('after a full run of the quickstart', () => {
  let rig: CliRig;
  let path: (name: string) => string;
  let script: string;

  beforeAll(async () => {
    rig = new CliRig();
    path = copyQuickstart(rig);
    script = readFileSync(path('kubevirt/hack/rpm-deps.sh'), 'utf8');
    await git('init', '--quiet');
    const first = await rig.crpm(['run']);
    expect([first.code, first.err]).toEqual([0, '']);
    await git('add', '--all');
    await git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--quiet', '--message', 'built');
  });
  afterEach(async () => {
    expect(leftIn(rig)).toEqual([]);
    await git('checkout', '--quiet', '--force', '.');
  });
  afterAll(async () => {
    await rig.crpm(['serve', '--stop']);
    rig.remove();
  });

  async function git(...argv: readonly string[]): Promise<string> {
    return (await execa('git', argv, { cwd: rig.work, env: rig.env, extendEnv: false })).stdout;
  }

  /** Runs with another `hack/rpm-deps.sh`: the failure. The user's two files are as they were. */
  async function withScript(text: string, code: number, mode = 0o755): Promise<string> {
    writeFileSync(path('kubevirt/hack/rpm-deps.sh'), text);
    chmodSync(path('kubevirt/hack/rpm-deps.sh'), mode);
    const run = await rig.crpm(['run']);
    expect([run.code, outcomes(run.out)]).toEqual([code, expect.objectContaining({ serve: 'fresh', 'rpm-deps': 'failed', verify: 'not run' })]);
    expect(await git('status', '--porcelain', '--', ...YIELDED)).toBe('');
    return failureOf(run.out, 'rpm-deps');
  }

  test('WORKSPACE edited while rpm-deps runs stays as it was edited; where ours is and how to take it is told', async () => {
    writeFileSync(path('kubevirt/hack/rpm-deps.sh'), `${script}\necho '# mine' >>'${path('kubevirt/WORKSPACE')}'\n`);
    const run = await rig.crpm(['run']);
    expect(run.code).toBe(1);
    expect(failureOf(run.out, 'rpm-deps')).toMatch(
      new RegExp(`^rpm-deps failed: WORKSPACE or rpm/BUILD\\.bazel of ${KUBEVIRT} was changed while rpm-deps ran; yours stay as they are\\n {2}next: Run again, then yours are the start\\. To take what this run made instead: cp \\.crpm/kubevirt/tree/WORKSPACE ${KUBEVIRT}/WORKSPACE && cp `),
    );
    expect(await git('diff', '--numstat', '--', ...YIELDED)).toBe(`1\t0\t${KUBEVIRT}/WORKSPACE`);
  });

  test('a script that chooses the official RPMs and ends with 0 is found out', async () => {
    // What a program answers nobody can foretell.
    const failure = await withScript(script.replace(/^(LIBVIRT|QEMU)_VERSION.*$/gm, '').replaceAll(/\s(LIBVIRT|QEMU)_VERSION=\$\{\w+:-(.*)\}/g, ' $1_VERSION=$(echo $2)'), 1);
    expect(failure).toMatch(/^rpm-deps failed: KubeVirt did not take the build: .*KubeVirt took qemu-img 17:10\.1\.0-20\.el9, not the 17:10\.1\.0-1\.\S+crpm0001 that was built/);
    expect(failure).toMatch(/\n {2}\| .*KubeVirt took /);
    expect(failure).toContain('The KubeVirt tree is untouched; what its script made is in ');
  });

  test('a script that does nothing, on a tree that names official RPMs, takes zero', async () => {
    expect((await rig.crpm(['revert'])).code).toBe(0);
    writeFileSync(path('kubevirt/hack/rpm-deps.sh'), scriptOf(''));
    const official = readFileSync(path('kubevirt/WORKSPACE'), 'utf8');
    const run = await rig.crpm(['run']);
    expect(run.code).toBe(1);
    expect(failureOf(run.out, 'rpm-deps')).toMatch(/^rpm-deps failed: KubeVirt did not take the build: x86_64: KubeVirt took none of the RPMs that were built: qemu-img, /);
    expect(run.out).toContain("rpm-deps: hack/rpm-deps.sh pins no RPM with QEMU_VERSION, so it can't be told which qemu to take");
    expect(readFileSync(path('kubevirt/WORKSPACE'), 'utf8')).toBe(official);
  });

  test.each([
    ['fails', scriptOf('echo no network >&2\nexit 4\n'), 0o755, "KubeVirt's hack/rpm-deps.sh ended with exit code 4\n  | no network\n  next: See the log; the KubeVirt tree is untouched, and the private copy is kept."],
    ['is not executable', scriptOf(''), 0o644, "KubeVirt's hack/rpm-deps.sh could not be started: hack/rpm-deps.sh is not executable"],
    ['has no interpreter', scriptOf('', '/no/such/shell'), 0o755, "KubeVirt's hack/rpm-deps.sh could not be started: hack/rpm-deps.sh, or the interpreter that its first line names, is not there"],
    ['removes WORKSPACE', scriptOf('rm WORKSPACE\n'), 0o755, "KubeVirt's script ended with 0, but "],
    ['empties rpm/BUILD.bazel', scriptOf(': >rpm/BUILD.bazel\n'), 0o755, 'changed what is not its own: rpm/BUILD.bazel lost '],
  ])('a script that %s', async (_what, text, mode, words) => {
    expect(await withScript(text, 1, mode)).toContain(words);
  });

  test('a script that no longer knows a variable is named before anything runs', async () => {
    writeFileSync(path('kubevirt/hack/rpm-deps.sh'), '#!/bin/sh\ntouch ran\n');
    const { code, out, err } = await rig.crpm(['run']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`examples/quickstart/kubevirt/hack/rpm-deps.sh does not know QEMU_VERSION, so it can't be told which qemu to take; name the variable that it reads under sources.qemu.pin`);
  });

  test('--skip leaves the package’s last RPMs in, with their age, and the summary says that this is not proven', async () => {
    const { code, out } = await rig.crpm(['run', '--skip', 'qemu']);
    expect(code).toBe(0);
    expect(out).toMatch(/\nqemu-img +17:10\.1\.0-1\.\S+ +\S+ +taken +\S/);
    expect(out).toMatch(/\nqemu was left out of this run; its RPMs are those of \d{4}-\S+Z: not proven to be what its tree holds$/m);
    // The end of the chain that was left out is told, not each of its nodes.
    expect(out.match(/qemu\.\w+: (warning: )?skipped: /g)).toEqual(['qemu.rpmbuild: warning: skipped: ', 'qemu.rpmbuild: skipped: ']);
  });

  test('QEMU_ONLY drops the other package altogether; a version for it is passed through to KubeVirt’s script', async () => {
    const run = await rig.crpm(['run'], { env: { QEMU_ONLY: 'true' } });
    expect([run.code, Object.keys(outcomes(run.out)).filter((node) => node.startsWith('libvirt'))]).toEqual([0, []]);
    expect(run.out).not.toMatch(/^libvirt\S* /m);

    const env = { QEMU_ONLY: 'true', LIBVIRT_VERSION: '0:9.9.9-1.el9' };
    expect(failureOf((await rig.crpm(['run'], { env })).out, 'predict')).toContain('asks for libvirt-client-0:9.9.9-1.el9, which is no longer in any repository');
    const asked = await rig.crpm(['run', '--only', 'rpm-deps'], { env });
    expect(asked.code).toBe(1);
    const failure = failureOf(asked.out, 'rpm-deps');
    expect(failure).toContain('Package libvirt-devel-0:9.9.9-1.el9 does not exist');
    const log = readFileSync(join(rig.work, /log: {2}(\S+)$/m.exec(failure)?.[1] ?? ''), 'utf8');
    expect(log).toContain('"LIBVIRT_VERSION":"0:9.9.9-1.el9"');
    expect(log).toMatch(/"QEMU_VERSION":"17:10\.1\.0-1\.\S+?crpm0001"/);
    expect((await rig.crpm(['run'])).code).toBe(0);
  });

  test('a reader that goes away after the first line changes nothing', async () => {
    for (const argv of [['plan'], ['run'], ['run', '--json'], ['status'], ['logs', 'rpm-deps']]) {
      const child = rig.start(argv);
      child.stdout.once('data', () => child.stdout.destroy());
      const { exitCode, stderr } = await child;
      // `logs` says on stderr whose log it is, because the node was fresh in the runs since.
      expect([argv, exitCode, stderr]).toEqual([argv, 0, argv[0] === 'logs' ? expect.stringMatching(/^this is the log of run \S+; rpm-deps did not run since$/) : '']);
    }
    expect((await rig.crpm(['verify'])).code).toBe(0);
  });
});

describe.skipIf(lacksBuildTools())('on a fresh copy of the quickstart', () => {
  let rig: CliRig;
  afterEach(async () => {
    await rig.crpm(['serve', '--stop']);
    rig.remove();
  });

  test('--skip of a package that was never built leaves KubeVirt its official RPMs, and says so', async () => {
    rig = new CliRig();
    copyQuickstart(rig);
    const { code, out } = await rig.crpm(['run', '--skip', 'libvirt']);
    expect([code, outcomes(out)]).toEqual([0, expect.objectContaining({ 'qemu.rpmbuild': 'ran', 'libvirt.rpmbuild': 'skipped', verify: 'ran' })]);
    expect(out).toContain('libvirt.rpmbuild: skipped, and there is no result to use instead: it never had a result');
    expect(out).toMatch(/\nlibvirt was left out of this run and was never built: KubeVirt keeps its official RPMs$/m);
    expect(readFileSync(join(rig.work, YIELDED[0] ?? ''), 'utf8')).toContain('libvirt-client-0__11.10.0-12.el9');
  });

  test('a tree that is not KubeVirt’s is refused', async () => {
    rig = new CliRig();
    copyQuickstart(rig);
    const config = readFileSync(join(rig.work, 'custom-rpms.config.yaml'), 'utf8');
    rig.write({ 'custom-rpms.config.yaml': config.replace('quickstart/kubevirt', 'quickstart/qemu') });
    const { code, out, err } = await rig.crpm(['run']);
    expect([code, out]).toEqual([2, '']);
    expect(err.split('\n')[0]).toBe(`custom-rpms.config.yaml:4:8: error: kubevirt.dir: examples/quickstart/qemu has no hack/rpm-deps.sh, so it is no KubeVirt tree; name one, or write kubevirt: false to end with a served repository`);
  });
});
