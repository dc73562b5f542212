import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testEngine } from '../support/engine.js';
import { inTerminal } from '../support/terminal.js';
import { failureOf, lacksBuildTools, leftIn, leftInEngine, printed, tinyProject, tinySpec } from './bad-input-rig.js';
import { CliRig, CRPM } from './cli-rig.js';

const engine = await testEngine();
if ('skipped' in engine) console.warn(`SKIPPED: crpm shell in a container: ${engine.skipped}`);
const hasTools = !lacksBuildTools();

const PLACES: readonly { readonly name: string; readonly image?: string; readonly env: NodeJS.ProcessEnv; readonly there: boolean }[] = [
  { name: 'on this machine', env: {}, there: hasTools },
  { name: 'in a container', ...('skipped' in engine ? { env: {}, there: false } : { image: engine.image, env: { DOCKER_HOST: engine.dockerHost }, there: true }) },
];

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => rig.remove());

describe.each(PLACES)('crpm shell, $name', ({ there, image, env }) => {
  const crpm = (...argv: readonly string[]) => rig.crpm(argv, { env });
  const left = async () => [...leftIn(rig), ...(env['DOCKER_HOST'] === undefined ? [] : await leftInEngine(rig, env['DOCKER_HOST']))];
  const BUILD = 'rpmbuild/BUILD/tiny-1.0';

  test.skipIf(!there)('has a copy of the tree of a build that failed, as it failed: what is tried there is gone afterwards', async () => {
    rig.write(tinyProject(tinySpec({ build: 'echo half > half; echo again >> count; false' }), image));
    const run = await crpm('run', 'tiny.rpmbuild');
    expect(run.code).toBe(1);
    expect(failureOf(run.out, 'tiny.rpmbuild')).toContain('crpm shell tiny.rpmbuild');

    const look = `cat ${BUILD}/half && echo spoiled > ${BUILD}/half && exit 5`;
    expect(await crpm('shell', 'tiny.rpmbuild', '--', 'sh', '-c', look)).toEqual({ code: 5, out: 'half', err: '' });
    expect(await crpm('shell', 'tiny', '--', 'cat', `${BUILD}/half`)).toEqual({ code: 0, out: 'half', err: '' });
    // What the node runs can be run by hand, and fails as it did.
    const again = await crpm('shell', 'tiny', '--', 'sh', '-c', `sh node.sh; echo "ended with $?"; wc -l <${BUILD}/count`);
    expect(again.out).toContain('ended with 1\n2');
    expect(await left()).toEqual([]);
  });

  test.skipIf(!there)('else has what the node is given, from the trees as its last run read them, and builds the same RPMs by hand', async () => {
    rig.write(tinyProject(tinySpec(), image));
    expect((await crpm('run', 'tiny.rpmbuild', '--profile', 'full')).code).toBe(0);
    rig.write({ 'tree/text': 'another text\n', 'dist-git/tiny.spec': '# nothing\n' });
    const dist = await crpm('shell', '--profile', 'full', 'tiny.dist', '--', 'sh', '-c', 'cat dist/tiny-1.0/text');
    expect(dist).toMatchObject({ code: 0, out: 'a text' });
    const build = await crpm('shell', '--profile', 'full', 'tiny.rpmbuild', '--', 'sh', '-c', 'ls rpmbuild/SOURCES rpmbuild/SPECS; sh node.sh >/dev/null 2>&1 && rpm -qp --qf "%{NVRA}" rpmbuild/RPMS/*/*.rpm');
    expect(build.out).toMatch(/tiny-1\.0\.tar\.gz[^]*tiny\.spec[^]*tiny-1\.0-1\S*\.crpm0001\.\w+$/);
    expect((await crpm('shell', '--profile', 'full', 'tiny.buildroot', '--', 'sh', '-c', 'rpmbuild --version')).out).toMatch(/^RPM version/);
    expect(await left()).toEqual([]);
  });

  test.skipIf(!there)('is a terminal where it is called from one: with its size, its keys and its own Ctrl-C, and an exit code', async () => {
    rig.write(tinyProject(tinySpec(), image));
    expect((await crpm('run', 'tiny.rpmbuild')).code).toBe(0);
    const end = await inTerminal({
      argv: [process.execPath, CRPM, 'shell', 'tiny.rpmbuild'],
      cwd: rig.work,
      env: { ...rig.env, ...env },
      rows: 30,
      columns: 90,
      dialogue: [
        ['tiny.rpmbuild] ', 'stty size\r'],
        // What is typed is shown before it runs, and so does not tell when it does.
        ['30 90', 'sh -c \'echo u""p; exec sleep 1000\'\r'],
        ['up\r', '\u0003'],
        ['tiny.rpmbuild] ', 'echo $((6 * 7)).; exit 4\r'],
      ],
    });
    expect(end.unsaid).toEqual([]);
    expect(end).toMatchObject({ code: 4 });
    expect(end.printed).toContain('42.');
    // Broken between words to fit.
    expect(end.printed.replace(/\r\n {2}/g, ' ')).toMatch(/^tiny\.rpmbuild: a copy of its build tree, as its last build left it, at \/\S+; its tree in rpmbuild\/BUILD\/tiny-1\.0; sh node\.sh does what the node does; it is thrown away when you leave\r\n/);
    expect(await left()).toEqual([]);
  });

  test.skipIf(!there)('takes commands from a pipe; runs and clean --orphans leave it alone while it lives, and remove what it left when it was killed', async () => {
    rig.write(tinyProject(tinySpec(), image));
    expect((await crpm('run', 'tiny.rpmbuild')).code).toBe(0);
    const shell = rig.start(['shell', 'tiny.rpmbuild', '--', 'sh', '-c', 'echo up; sleep 1000'], { env });
    await printed(shell.stdout, /up/);
    expect(await left()).not.toEqual([]);
    rig.write({ 'tree/text': 'another text\n' });
    expect((await crpm('run', 'tiny.rpmbuild')).code).toBe(0);
    expect((await crpm('clean', '--orphans')).code).toBe(0);
    expect(await left()).not.toEqual([]);
    const gone = new Promise((resolve) => shell.once('exit', resolve));
    shell.kill('SIGKILL');
    // Its program lives on, and has the output.
    await gone;
    expect((await crpm('clean', '--orphans')).code).toBe(0);
    expect(await left()).toEqual([]);
  });

  test.skipIf(!there)('stops at SIGTERM with 143, and leaves nothing', async () => {
    rig.write(tinyProject(tinySpec(), image));
    expect((await crpm('run', 'tiny.rpmbuild')).code).toBe(0);
    const shell = rig.start(['shell', 'tiny', '--', 'sh', '-c', 'echo up; sleep 1000'], { env });
    await printed(shell.stdout, /up/);
    shell.kill('SIGTERM');
    expect((await shell).exitCode).toBe(143);
    expect(await left()).toEqual([]);
  });
});

test('crpm shell says what it needs, and which nodes it is for', async () => {
  rig.write(tinyProject(tinySpec()));
  expect(await rig.crpm(['shell', 'tiny.source'])).toMatchObject({ code: 2, err: 'error: tiny.source runs nothing in a build root; these do: base, tiny.buildroot, tiny.rpmbuild' });
  expect((await rig.crpm(['shell', 'tiny.rpmbuild'])).err).toBe('error: tiny.source never had a result, and tiny.rpmbuild needs it\n  next: crpm run tiny.source makes it.');
  expect((await rig.crpm(['shell', 'tiny.rpm'])).err).toBe('error: there is no node tiny.rpm; those of tiny are: tiny.source, tiny.buildroot, tiny.rpmbuild');
  rig.write(tinyProject(tinySpec(), 'registry.example.com/base:1'));
  expect(await rig.crpm(['shell', 'tiny.rpmbuild', '--engine', 'kubernetes'])).toMatchObject({ code: 3, err: 'error: nobody can talk to a program in a cluster: there crpm shell opens no build root\n  next: It does with a container engine and on this machine: crpm shell --engine docker.' });
  expect(existsSync(join(rig.work, 'tree/text')) && readFileSync(join(rig.work, 'tree/text'), 'utf8')).toBe('a text\n');
});
