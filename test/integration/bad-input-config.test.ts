import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliRig } from './cli-rig.js';

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => {
  rig.remove();
});

const SMALL = 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  a: { run: ["true"] }\n';

/** A refusal before anything began: exit 2, a complaint, no state, no `.crpm`. */
async function refusal(argv: readonly string[] = ['run'], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const before = readdirSync(rig.work);
  const { code, out, err } = await rig.crpm(argv, { env });
  expect([code, out]).toEqual([2, '']);
  expect(readdirSync(rig.work)).toEqual(before);
  expect(existsSync(join(rig.root, 'state'))).toBe(false);
  return err;
}

describe('a config', () => {
  test.each([
    ['that is empty', '', '1:1: error: the file is empty; the smallest config is: sources: { libvirt: { dir: ../libvirt } }'],
    ['that is all comment', '# later\n', '1:1: error: the file is empty'],
    ['that is one word', 'hello\n', '1:1: error: the config must be a mapping, not "hello"'],
    ['with an unknown key', 'sorces: {}\n', '1:1: error: unknown key "sorces" in the config; did you mean "sources"? Allowed: '],
    ['with a list for a mapping', 'sources: []\n', '1:1: error: sources must be a mapping, not a list'],
    ['with a word for a number', `${SMALL}build: { jobs: many }\n`, '6:16: error: build.jobs must be a whole number, not "many"'],
    ['with an unknown architecture', `${SMALL}arch: [x86_64, mips]\n`, '6:16: error: arch[1] must be one of: x86_64, aarch64, s390x; not "mips"'],
    ['with __proto__', `${SMALL}__proto__: { polluted: true }\n`, '6:1: error: "__proto__" can\'t be used as a key or a name; choose another'],
    ['with constructor as a source', 'sources: { constructor: { dir: x } }\n', '1:12: error: '],
    ['that grows by aliases', `a: &a [${'1,'.repeat(9)}1]\nb: &b [${'*a,'.repeat(9)}*a]\nc: &c [${'*b,'.repeat(9)}*b]\nd: &d [${'*c,'.repeat(9)}*c]\ne: [${'*d,'.repeat(9)}*d]\n`, 'error: aliases add more than 10000 values; write them out'],
    ['with an open brace', 'sources: { qemu: \n', 'error: not valid YAML: '],
    ['with an output outside of its folder', SMALL.replace(' }', ', outputs: [../../etc] }'), "error: tasks.a.outputs[0] can't be \"../../etc\""],
    ['with a task named like a node', SMALL.replace(' a:', ' base:'), "error: base is a node of crpm's own; give the task another id"],
    ['with an image that is no reference', 'basesystem: mine\nbasesystems: { mine: { image: "a b;id", dist: .el9, stream: 9 } }\nsources: {}\n', 'error: basesystems.mine.image can\'t be "a b;id"; expected: an image reference'],
  ])('%s is refused with its place', async (_what, text, message) => {
    rig.write({ 'custom-rpms.config.yaml': text });
    const complaint = await refusal();
    expect(complaint).toContain('custom-rpms.config.yaml:');
    expect(complaint).toContain(message);
  });

  test('that is not UTF-8 says from where on', async () => {
    writeFileSync(join(rig.work, 'custom-rpms.config.yaml'), Buffer.from([0x23, 0x0a, 0xff, 0xfe]));
    expect(await refusal()).toContain('custom-rpms.config.yaml:2:1: error: the file is not UTF-8 from here on');
  });

  test('that is not there is named, wherever it was to be', async () => {
    expect(await refusal()).toMatch(/^error: there is no config: neither .*\/work nor a folder above it has custom-rpms\.config\.yaml \(.*\); crpm init writes one, QEMU_DIR and LIBVIRT_DIR do without$/);
    expect(await refusal(['--config', 'nope.yaml', 'run'])).toBe(`error: the config file nope.yaml can't be read: there is no such file`);
    expect(await refusal(['-C', 'nowhere', 'run'])).toBe('error: -C nowhere: there is no such folder');
  });
});

describe('a version', () => {
  test.each(['0:1.0-1;touch x', '0:1.0-1$(id)', '0:1.0-1`id`', '0:1 -1', '1.0-1', '0:1.0-1\nx', '--help', '0:1|id'])('%j is refused from the environment and from the file', async (version) => {
    rig.write({ 'custom-rpms.config.yaml': SMALL });
    expect(await refusal(['run'], { LIBVIRT_VERSION: version })).toBe(`error: the environment has LIBVIRT_VERSION=${JSON.stringify(version)}; expected: EPOCH:VERSION-RELEASE or a beginning of it, as in 0:11.10.0-12.el9`);
    rig.write({ 'custom-rpms.config.yaml': `${SMALL}rpmDeps: { versions: { QEMU_VERSION: ${JSON.stringify(version)} } }\n` });
    expect(await refusal()).toContain(`custom-rpms.config.yaml:6:38: error: rpmDeps.versions.QEMU_VERSION can't be ${JSON.stringify(version)}; expected: `);
    expect(readdirSync(rig.work)).toEqual(['custom-rpms.config.yaml']);
  });
});

describe('the environment of the bash script', () => {
  test.each([
    [{ QEMU_ONLY: '1', LIBVIRT_ONLY: 'true' }, 'error: QEMU_ONLY and LIBVIRT_ONLY are both set, which leaves nothing to build; unset one'],
    [{ QEMU_ONLY: 'maybe' }, 'error: the environment has QEMU_ONLY="maybe"; expected: true or false'],
    [{ SINGLE_ARCH: 'mips' }, 'error: the environment has SINGLE_ARCH="mips"; it must be one of: x86_64, aarch64, s390x'],
    [{ BASESYSTEM: '$(id)' }, 'error: the environment has BASESYSTEM="$(id)"; expected: the name of an RPM, as in centos-stream-release'],
    [{ KUBEVIRT_CENTOS_STREAM_VERSION: '8' }, 'error: the environment has KUBEVIRT_CENTOS_STREAM_VERSION="8"; it must be 9 or 10'],
  ])('%j is refused', async (env, message) => {
    rig.write({ 'custom-rpms.config.yaml': SMALL });
    expect((await refusal(['run'], env)).split('\n')).toContain(message);
  });
});

describe('the command line', () => {
  test.each([
    [['run', '--skip', 'nope'], 'error: --skip nope: there is no such package; the packages are: none'],
    [['run', 'a', '--only', 'a'], 'error: give either nodes or --only, not both'],
    [['run', '--only', 'b.*'], 'error: there is no node b.*; the nodes are: a'],
    [['clean', '--all', '--orphans'], 'error: give one of --orphans, --published and --all'],
  ])('crpm %j is refused', async (argv, message) => {
    rig.write({ 'custom-rpms.config.yaml': SMALL });
    expect((await rig.crpm(argv)).err).toBe(message);
    expect((await rig.crpm(argv)).code).toBe(2);
  });

  test('a cycle among tasks is printed as it is, an unknown need with what there is', async () => {
    const tasks = (text: string) => rig.write({ 'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n${text}` });
    tasks('  a: { run: ["true"], needs: [b] }\n  b: { run: ["true"], needs: [c] }\n  c: { run: ["true"], needs: [a] }\n');
    expect(await refusal()).toMatch(/^custom-rpms\.config\.yaml:5:31: error: nodes need each other in a circle: a → b → c → a\n/);
    tasks('  a: { run: ["true"], needs: [zz] }\n');
    expect(await refusal()).toMatch(/^custom-rpms\.config\.yaml:5:31: error: a needs zz, which does not exist/);
  });
});
