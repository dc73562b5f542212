import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testEngine, type TestEngine } from '../support/engine.js';
import { failureOf, leftIn, leftInEngine, outcomes, tinyProject, tinySpec } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => {
  rig.remove();
});

/** Runs what can't work; the block about `base`, where every engine fails first. */
async function baseFailure(config: string, env: NodeJS.ProcessEnv, code: number, argv: readonly string[] = ['run']): Promise<string> {
  rig.write({ ...tinyProject(tinySpec()), 'custom-rpms.config.yaml': `kubevirt: false\nsources:\n  tiny: { dir: tree, spec: { dir: dist-git } }\n${config}` });
  const run = await rig.crpm(argv, { env });
  expect([run.code, outcomes(run.out)]).toEqual([code, expect.objectContaining({ base: 'failed', 'tiny.rpmbuild': 'not run' })]);
  expect(leftIn(rig)).toEqual([]);
  return failureOf(run.out, 'base');
}

const CENTOS = 'basesystem: centos-stream-9\n';

describe('an engine', () => {
  test('that is not there is named with its socket, and what to do', async () => {
    const socket = join(rig.root, 'none.sock');
    expect(await baseFailure(CENTOS, { DOCKER_HOST: `unix://${socket}` }, 3)).toMatch(
      new RegExp(`^base failed: no container engine answers: DOCKER_HOST: the engine at unix://${socket} can’t be reached: there is no such socket\\n {2}next: Start the engine that DOCKER_HOST names, or unset DOCKER_HOST\\.\\n {2}type: crpm logs base\\n {2}log: {2}\\S+$`),
    );
    expect(await baseFailure(CENTOS, { DOCKER_HOST: 'tcp://127.0.0.1:1' }, 3)).toContain('the engine at tcp://127.0.0.1:1 can’t be reached: nothing listens there');
    expect(await baseFailure(`${CENTOS}engine: { host: "unix://${socket}" }\n`, {}, 3)).toContain(`unix://${socket} can’t be reached`);
  });

  test('that is not there is told by plan before, where something is to run in it', async () => {
    rig.write({ ...tinyProject(tinySpec()), 'custom-rpms.config.yaml': `${CENTOS}kubevirt: false\nsources:\n  tiny: { dir: tree, spec: { dir: dist-git } }\n` });
    const env = { DOCKER_HOST: `unix://${join(rig.root, 'none.sock')}` };
    const warning = 'warning: no container engine answers, and base needs one: crpm doctor says where it is looked for';
    expect(await rig.crpm(['plan'], { env })).toMatchObject({ code: 0, err: warning });
    // What runs without one needs none.
    expect(await rig.crpm(['plan', 'tiny.source'], { env })).toMatchObject({ code: 0, err: '' });
  });

  test('that can’t build this basesystem is refused with both names', async () => {
    const name = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
    const words = `base failed: this machine is ${name}; RPMs for basesystem centos-stream-9 can't be built on it directly\n  next: Set engine: docker (crpm doctor says what it needs), or basesystem: host`;
    expect(await baseFailure(`${CENTOS}engine: host\n`, {}, 3)).toContain(words);
    expect(await baseFailure(CENTOS, {}, 3, ['run', '--engine', 'host'])).toContain(words);
  });

  test('that is this machine, without the programs: doctor says the same as the run', async () => {
    const bin = join(rig.root, 'bin');
    mkdirSync(bin);
    for (const name of ['sh', 'git', 'sed', 'tar', 'xz', 'gzip', 'patch']) symlinkSync(join('/usr/bin', name), join(bin, name));
    const words = ["this machine lacks what the build needs: createrepo_c, rpmbuild, rpmspec", 'next: sudo apt-get install createrepo-c rpm   (Debian, Ubuntu), or: sudo dnf install createrepo_c rpm-build   (Fedora, CentOS)'] as const;
    expect(await baseFailure('basesystem: host\n', { PATH: bin }, 3)).toContain(`base failed: ${words[0]}\n  ${words[1]}\n`);
    const doctor = await rig.crpm(['doctor'], { env: { PATH: bin } });
    expect([doctor.code, doctor.out]).toEqual([3, expect.stringContaining(`error   build tools: ${words[0]}\n        ${words[1]}\n`)]);
    expect((await rig.crpm(['doctor'])).out).toContain('ok      build tools: createrepo_c, rpmbuild, rpmspec, ');
  });
});

describe('in an engine that is there', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await testEngine();
    if ('skipped' in engine) console.warn(`SKIPPED: bad input to a container engine: ${engine.skipped}`);
  });
  const mine = (image: string) => `basesystem: mine\nbasesystems: { mine: { image: "${image}", dist: .el9, stream: 9 } }\n`;

  test('an image that does not exist is named; the engine is left as it was', async () => {
    if ('skipped' in engine) return;
    const { dockerHost } = engine;
    const failure = await baseFailure(mine('localhost/crpm-no-such-image:1'), { DOCKER_HOST: dockerHost }, 2);
    expect(failure).toContain(`base failed: the engine at ${dockerHost} has no image localhost/crpm-no-such-image:1, and names of localhost/ are in no registry\n  next: Make or load it`);
    expect(await leftInEngine(rig, dockerHost)).toEqual([]);
  });

  test('a registry that is not to be reached is the machine’s fault', async () => {
    if ('skipped' in engine) return;
    const failure = await baseFailure(mine('127.0.0.1:1/none/such:1'), { DOCKER_HOST: engine.dockerHost }, 3);
    expect(failure).toMatch(/^base failed: cannot pull 127\.0\.0\.1:1\/none\/such:1: .*\n(?: {2}\| .*\n)* {2}next: See whether this machine reaches the registry/);
    expect(await leftInEngine(rig, engine.dockerHost)).toEqual([]);
  });

  test.each([
    ['does not compile', { build: 'cc -c broken.c' }, 'tiny.rpmbuild', /\| tree\/broken\.c:1:\d+: error: /],
    ['can’t be parsed', { head: '%if 1' }, 'tiny.buildroot', /rpm can't parse tiny\.spec\n {2}\| error: .*Unclosed %if/],
    ['requires what is nowhere', { head: 'BuildRequires: no-such-devel >= 3\n' }, 'tiny.buildroot', /no-such-devel >= 3/],
  ])('a build that %s is told as on this machine, and no container is left', async (_what, spec, node, words) => {
    if ('skipped' in engine) return;
    const { dockerHost, image } = engine;
    rig.write({ ...tinyProject(tinySpec(spec), image), 'tree/broken.c': 'int main(void) { return oops; }\n' });
    const run = await rig.crpm(['run'], { env: { DOCKER_HOST: dockerHost } });
    expect([run.code, failureOf(run.out, node)]).toEqual([1, expect.stringMatching(words)]);
    expect(failureOf(run.out, node)).toMatch(/\n {2}next: .*\n {2}type: crpm logs .*\n {2}log: {2}/);
    expect(leftIn(rig)).toEqual([]);
    expect(await leftInEngine(rig, dockerHost)).toEqual([]);
  });
});
