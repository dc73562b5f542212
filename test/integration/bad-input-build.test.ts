import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildRpms } from '../support/rpms.js';
import { asNobody, failureOf, lacksBuildTools, leftIn, outcomes, stateOf, tinyProject, tinySpec } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

const lacking = lacksBuildTools();
let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(async () => {
  await rig.crpm(['serve', '--stop']);
  rig.remove();
});

/** A run that fails in one node: its block in the summary. Nothing half-made is left, nothing is published. */
async function failing(node: string, code: number, argv: readonly string[] = ['run'], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const run = await rig.crpm(argv, { env });
  expect([run.code, failureOf(run.out, node)]).toEqual([code, expect.stringContaining(`${node} failed: `)]);
  expect(leftIn(rig)).toEqual([]);
  expect(existsSync(join(stateOf(rig).dir, 'repo'))).toBe(false);
  return failureOf(run.out, node);
}

describe('a source tree', () => {
  test('that is missing, empty or a file is refused before anything starts', async () => {
    rig.write(tinyProject(tinySpec()));
    const refused = async () => {
      const { code, err } = await rig.crpm(['run']);
      expect([code, existsSync(join(rig.root, 'state'))]).toEqual([2, false]);
      return err;
    };
    const config = readFileSync(join(rig.work, 'custom-rpms.config.yaml'), 'utf8');
    const pointTo = (dir: string) => rig.write({ 'custom-rpms.config.yaml': config.replace('dir: tree', `dir: ${dir}`) });
    pointTo('gone');
    expect(await refused()).toContain(`custom-rpms.config.yaml:4:16: error: sources.tiny.dir: gone does not exist\n`);
    mkdirSync(join(rig.work, 'bare'));
    pointTo('bare');
    expect(await refused()).toContain(`custom-rpms.config.yaml:4:16: error: sources.tiny.dir: bare is empty\n`);
    pointTo('tree/text');
    expect(await refused()).toContain(`custom-rpms.config.yaml:4:16: error: sources.tiny.dir: tree/text is no folder\n`);
    rig.write({ 'custom-rpms.config.yaml': config, 'dist-git/other.spec': tinySpec() });
    expect(await refused()).toContain(`custom-rpms.config.yaml:4:22: error: sources.tiny.spec: dist-git has several specs (other.spec, tiny.spec): set file to one of them\n`);
    // A broken config is told before the lock, the state folder and the server come into being.
    rig.write({ 'custom-rpms.config.yaml': config });
  });

  test('that may not be read is named, whole or in part, and so is the config', async () => {
    rig.write({ ...tinyProject(tinySpec()), 'tree/sub/deep': 'x' });
    const told = async (path: string) => {
      chmodSync(join(rig.work, path), 0);
      const run = await asNobody(rig, ['run', 'tiny.source']);
      chmodSync(join(rig.work, path), 0o755);
      return run && { code: run.code, text: `${run.err}\n${run.out}` };
    };
    const file = await told('tree/text');
    if (!file) return;
    expect(file.code).toBe(1);
    expect(file.text).toContain(`tiny.source failed: can't read text: permission denied\n  next: Make tree/text readable, or have git ignore it.`);
    expect((await told('tree/sub'))?.text).toContain(`tiny.source failed: can't read sub: permission denied\n  next: Make tree/sub readable`);
    const tree = await told('tree');
    expect(tree?.code).toBe(2);
    expect(tree?.text).toContain(`custom-rpms.config.yaml:4:16: error: sources.tiny.dir: tree can't be read\n`);
    expect(await told('custom-rpms.config.yaml')).toEqual({ code: 2, text: `error: the config file custom-rpms.config.yaml can't be read: permission denied\n` });
  });

  test('in a folder that may not be written builds all the same, and only the link is missing', async () => {
    rig.write(tinyProject(tinySpec()));
    const run = await asNobody(rig, ['run', 'tiny.source']);
    if (!run) return;
    expect(run.code).toBe(0);
    expect(run.err).toContain(`warning: can't make the link .crpm`);
    expect(readdirSync(rig.work).sort()).toEqual(['custom-rpms.config.yaml', 'dist-git', 'tree']);
    // Nor can a state folder be made in it: that is the machine's fault.
    const closed = await asNobody(rig, ['run'], { XDG_STATE_HOME: join(rig.work, 'state') });
    expect([closed?.code, closed?.err]).toEqual([3, expect.stringMatching(/^error: can't make the folder .*\n {2}next: Set XDG_STATE_HOME to a folder that you may write\.$/)]);
  });

  test('with a FIFO is refused by its name', async () => {
    rig.write(tinyProject(tinySpec()));
    await execa('mkfifo', [join(rig.work, 'tree/pipe')]);
    expect(await failing('tiny.source', 1)).toContain('pipe is a FIFO: it can\'t be part of a source archive\n  next: Remove it, or have git ignore it: ');
  });

  test('without a home folder builds, and writes nothing into the working directory', async () => {
    rig.write({ 'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  a: { run: ["true"] }\n' });
    for (const env of [{ HOME: '' }, { HOME: 'here' }, { HOME: undefined }]) {
      const { code, out } = await rig.crpm(['run'], { env: { ...env, TERM: 'dumb' } });
      expect([code, out]).toEqual([0, expect.stringContaining('1 node: 1 ran')]);
      expect(readdirSync(rig.work).sort()).toEqual(['.crpm', 'custom-rpms.config.yaml']);
    }
  });
});

describe.skipIf(lacking)('a spec', () => {
  test.each([
    ['with an open %if', tinySpec({ head: '%if 1' }), /rpm can't parse tiny\.spec\n {2}\| error: .*Unclosed %if/],
    ['without a Version', tinySpec().replace(/^Version.*\n/m, ''), /rpm can't parse tiny\.spec\n {2}\| error: Version field must be present/],
    ['that is empty', '', /rpm can't parse tiny\.spec\n {2}\| error: Name field must be present/],
    ['with binary garbage', `\u0001\u0002\ufffd${tinySpec()}`, /rpm can't parse tiny\.spec\n {2}\| error: line 1: Unknown tag/],
  ])('%s fails the build root with the words of rpm', async (_what, spec, words) => {
    rig.write(tinyProject(spec));
    const failure = await failing('tiny.buildroot', 1);
    expect(failure).toMatch(words);
    expect(failure).toMatch(/\n {2}next: Correct the spec; .*\n {2}type: crpm logs tiny\.buildroot\n {2}log: {2}\.crpm\/logs\/.*\/tiny\.buildroot\.log$/);
  });

  test('is never read to plan', async () => {
    rig.write(tinyProject(`%(touch ${join(rig.root, 'pwned')})\n${tinySpec()}`));
    for (const argv of [['validate'], ['plan'], ['graph'], ['run', '--dry-run'], ['doctor']]) await rig.crpm(argv);
    expect(existsSync(join(rig.root, 'pwned'))).toBe(false);
  });

  test('whose version is not the one that was asked for ends the run before it compiles, with 2', async () => {
    rig.write(tinyProject(tinySpec()));
    const config = readFileSync(join(rig.work, 'custom-rpms.config.yaml'), 'utf8');
    rig.write({ 'custom-rpms.config.yaml': config.replace('tiny:', 'libvirt: { kind: rpmbuild,').replace(': { kind: rpmbuild, {', ': { kind: rpmbuild,') });
    const run = await rig.crpm(['run'], { env: { LIBVIRT_VERSION: '0:9.9' } });
    expect(run.code).toBe(2);
    expect(failureOf(run.out, 'libvirt.buildroot')).toMatch(/LIBVIRT_VERSION=0:9\.9 is no prefix of what will be built: libvirt gets 0:1\.0-1\.\S+crpm0001\n {2}next: Remove LIBVIRT_VERSION: /);
    expect(outcomes(run.out)).toMatchObject({ 'libvirt.rpmbuild': 'not run' });
    expect((await rig.crpm(['run', 'libvirt.rpmbuild'], { env: { LIBVIRT_VERSION: '0:1.0' } })).code).toBe(0);
  });
});

describe.skipIf(lacking)('a build', () => {
  test('that does not compile shows the compiler’s lines, and leaves nothing: here, in /tmp or in /var/tmp', async () => {
    rig.write({ ...tinyProject(tinySpec({ build: 'cc -c broken.c' })), 'tree/broken.c': 'int main(void) { return oops; }\n' });
    const scripts = () => readdirSync('/var/tmp').filter((name) => name.startsWith('rpm-tmp.'));
    const before = scripts();
    const failure = await failing('tiny.rpmbuild', 1);
    expect(failure).toMatch(/^tiny\.rpmbuild failed: tree\/broken\.c, line 1: .*oops.*\n(?: {2}\| .*\n)? {2}\| tree\/broken\.c:1:\d+: error: .*oops/);
    expect(failure).toMatch(/\n {2}next: Correct tree\/broken\.c, then run again\.\n {2}type: crpm logs tiny\.rpmbuild; crpm shell tiny\.rpmbuild\n {2}log: {2}\.crpm\/logs\/.*\/tiny\.rpmbuild\.log$/);
    expect(scripts()).toEqual(before);
    // Mended, only the rest runs.
    rig.write({ 'tree/broken.c': 'int main(void) { return 0; }\n' });
    const { code, out } = await rig.crpm(['run', 'tiny.rpmbuild']);
    expect([code, outcomes(out)]).toEqual([0, { base: 'fresh', 'tiny.source': 'ran', 'tiny.buildroot': 'fresh', 'tiny.rpmbuild': 'ran' }]);
  });

  test('that packs nothing of what it installs says which files', async () => {
    rig.write(tinyProject(tinySpec({ files: '%files\n' })));
    expect(await failing('tiny.rpmbuild', 1)).toMatch(/error: Installed \(but unpackaged\) file\(s\) found:\n {2}\| {4}\/usr\/share\/tiny\/text\n/);
  });

  test('that makes no RPM fails', async () => {
    rig.write(tinyProject(tinySpec({ files: '' }).replace(/^install -D.*$/m, 'true')));
    expect(await failing('tiny.rpmbuild', 1)).toContain('rpmbuild of tiny succeeded and made no RPM\n  next: Look at the spec: without a %files section a package makes no RPM.');
  });
});

describe.skipIf(lacking)('RPMs at hand', () => {
  const config = (rest: string) => `basesystem: host\nkubevirt: false\n${rest}`;
  const one = config('sources:\n  one: { rpms: [rpms] }\n');
  let files: readonly string[];
  beforeEach(async () => {
    files = await buildRpms(join(rig.root, 'built'), { source: 'demo', version: '1.0', release: '1', rpms: [{ name: 'demo-a' }, { name: 'demo-b', noarch: true }] });
    mkdirSync(join(rig.work, 'rpms'));
    for (const file of files) if (!file.endsWith('.src.rpm')) cpSync(file, join(rig.work, 'rpms', file.slice(file.lastIndexOf('/') + 1)));
    rig.write({ 'custom-rpms.config.yaml': one });
  });
  const native = () => readdirSync(join(rig.work, 'rpms')).find((name) => !name.includes('noarch')) ?? '';

  test('that are cut or damaged anywhere are refused by name, and nothing is published', async () => {
    const file = join(rig.work, 'rpms', native());
    const whole = readFileSync(file);
    const damaged = (at: number) => Buffer.from(whole.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    for (const [bytes, why] of [
      [Buffer.alloc(0), 'it ends inside the lead'],
      [whole.subarray(0, 2000), 'it ends inside the (signature|header)'],
      [whole.subarray(0, -1), 'it is cut: '],
      [damaged(whole.length - 20), 'its payload is damaged: the sha256 is not the one that it carries'],
      [damaged(whole.length - 600), 'damaged'],
    ] as const) {
      writeFileSync(file, bytes);
      expect(await failing('one.rpmbuild', 2)).toMatch(new RegExp(`one\\.rpmbuild failed: rpms/${native().replaceAll('.', '\\.')} is not a readable RPM: .*${why}.*\\n {2}next: Build or fetch that RPM again`));
    }
    writeFileSync(file, whole);
    expect((await rig.crpm(['run', 'createrepo'])).code).toBe(0);
  });

  test('of another architecture or of sources are refused', async () => {
    cpSync(files.at(-1) ?? '', join(rig.work, 'rpms/demo.src.rpm'));
    expect(await failing('one.rpmbuild', 2)).toContain('demo.src.rpm is a source RPM: it can\'t be installed into an image\n  next: Leave it out of sources.one.rpms; to rebuild it, name it under srpm.');
    rmSync(join(rig.work, 'rpms/demo.src.rpm'));
    rig.write({ 'custom-rpms.config.yaml': `${one}arch: s390x\n` });
    expect(await failing('one.rpmbuild', 2)).toMatch(/demo-a-\S+\.rpm is for \S+, but arch is s390x\n {2}next: Leave it out of sources\.one\.rpms, or add /);
  });

  test('of one name, EVR and architecture are refused, in one package and in two', async () => {
    cpSync(join(rig.work, 'rpms', native()), join(rig.work, 'rpms/copy.rpm'));
    expect(await failing('one.rpmbuild', 1)).toMatch(/two RPMs are demo-a-(0:)?1\.0-1\.\S+: \S+copy\.rpm and \S+\n {2}next: Keep one of them\./);
    rmSync(join(rig.work, 'rpms/copy.rpm'));
    cpSync(join(rig.work, 'rpms'), join(rig.work, 'rpms2'), { recursive: true });
    rig.write({ 'custom-rpms.config.yaml': `${one}  two: { rpms: [rpms2] }\n` });
    expect(await failing('createrepo', 1)).toMatch(/createrepo failed: demo-a-(0:)?1\.0-1\.\S+ comes from one and from two\n {2}next: Leave it out of one of them/);
  });

  test('that are none are refused', async () => {
    rig.write({ 'custom-rpms.config.yaml': config('sources:\n  one: { rpms: [empty] }\n') });
    expect((await rig.crpm(['run'])).err).toContain(`custom-rpms.config.yaml:4:17: error: sources.one.rpms: empty does not exist\n`);
    mkdirSync(join(rig.work, 'empty'));
    expect(await failing('one.rpmbuild', 2)).toContain(`no RPM below empty\n  next: Correct sources.one.rpms in the config.`);
  });

  test('are not served at a port that somebody else holds, who is named; another port is a command away', async () => {
    let silent = true;
    const other = createServer((socket) => (silent ? socket.resume() : socket.destroy())).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    try {
      rig.write({ 'custom-rpms.config.yaml': `${one}serve: { port: ${port} }\n` });
      const run = await rig.crpm(['run']);
      expect(run.code).toBe(3);
      expect(failureOf(run.out, 'serve')).toMatch(new RegExp(`serve failed: port ${port} of 127\\.0\\.0\\.1 is held by process ${process.pid} \\(.*\\), so the repository can't be served there\\n {2}next: .*crpm serve --port N`));
      silent = false;
      const serve = await rig.crpm(['serve']);
      expect([serve.code, serve.err]).toEqual([3, expect.stringContaining(`held by process ${process.pid}`)]);
    } finally {
      other.close();
    }
    const again = await rig.crpm(['run']);
    expect([again.code, outcomes(again.out)]).toEqual([0, { base: 'fresh', 'one.rpmbuild': 'fresh', createrepo: 'fresh', serve: 'ran' }]);
  });

  test('stay served when the journal is cut, empty or garbage: one warning, and nothing wrong', async () => {
    expect((await rig.crpm(['run'])).code).toBe(0);
    const journal = join(stateOf(rig).dir, 'journal');
    const { size } = statSync(journal);
    for (const harm of [() => truncateSync(journal, size - 7), () => appendFileSync(journal, Buffer.from([0, 255, 10, 7])), () => writeFileSync(journal, Buffer.alloc(999, 0xa5)), () => truncateSync(journal, 0)]) {
      harm();
      const { code, out } = await rig.crpm(['run']);
      expect(code).toBe(0);
      const damaged = [...out.matchAll(/was damaged: its last \d+ bytes are cut off/g)];
      // Told once when it happens, and once in the summary.
      expect(damaged.length === 2 || readFileSync(journal).length > 0).toBe(true);
      expect((await rig.crpm(['run'])).out).not.toContain('damaged');
    }
    writeFileSync(join(stateOf(rig).dir, 'lock.99'), 'garbage');
    expect((await rig.crpm(['run'])).code).toBe(0);
  });
});

describe('a task', () => {
  const tasks = (text: string) => rig.write({ 'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n${text}` });
  test.each([
    ['that ends with an error', '{ run: "echo hello; echo oops >&2; exit 7" }', 'a failed: the task a ended with exit code 7\n  | hello\n  | oops\n  next: Correct what the lines shown name, or tasks.a.run in the config.'],
    ['that is killed', '{ run: "kill -9 $$" }', 'a failed: the task a was ended by SIGKILL\n  next: Correct tasks.a.run in the config.'],
    ['that is nowhere', '{ run: [no-such-program] }', 'a failed: the task a could not be started: no-such-program is not on PATH\n  next: Correct tasks.a.run in the config.'],
    ['without its output', '{ run: ["true"], outputs: [x.txt] }', 'a failed: the task ended well, but x.txt is not there\n  next: Correct outputs in the config, or the task.'],
  ])('%s fails its node, and what needs it does not run', async (_what, task, words) => {
    tasks(`  a: ${task}\n  b: { run: ["true"], needs: [a] }\n`);
    const { code, out } = await rig.crpm(['run']);
    expect([code, outcomes(out)]).toEqual([1, { a: 'failed', b: 'not run' }]);
    expect(failureOf(out, 'a')).toContain(words);
  });

  test('whose output is binary and full of control sequences leaves the terminal alone, and the log whole', async () => {
    tasks('  a: { run: "printf \'\\\\033[2J\\\\033]0;title\\\\007\\\\000\\\\377here\\\\n\'; exit 1" }\n');
    const { out } = await rig.crpm(['run', '--verbose']);
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(out).toContain('here');
    const log = /log: {2}(\S+)$/m.exec(out)?.[1] ?? '';
    expect(readFileSync(join(rig.work, log)).includes(Buffer.from('\u001b[2J\u001b]0;title\u0007'))).toBe(true);
  });
});
