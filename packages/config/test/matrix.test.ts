import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { load, loadGood } from './workspace.js';

const BOTH = 'basesystem: [centos-stream-9, centos-stream-10]\n';
const SOURCES = 'sources: { libvirt: { dir: x } }\n';
const versions = (text: string) => `${BOTH}${SOURCES}rpmDeps: { versions: { ${text} } }`;
const specOf = async (spec: string) => (await loadGood(`${BOTH}sources: { qemu: { dir: x, spec: ${spec} } }`)).packages[0]?.specs;
const names = (config: { readonly basesystems: readonly { readonly name: string }[] } | undefined) => config?.basesystems.map(({ name }) => name);

describe('several base systems', () => {
  test('stand in the order of the file', async () => {
    expect(names(await loadGood(`basesystem: [centos-stream-10, centos-stream-9]\n${SOURCES}`))).toEqual(['centos-stream-10', 'centos-stream-9']);
    expect(names(await loadGood(`basesystem: [centos-stream-10]\n${SOURCES}`))).toEqual(['centos-stream-10']);
  });

  test.each([
    ['[centos-stream-9, mine]\nbasesystems: { mine: { extends: centos-stream-9 } }', '1:31: error: centos-stream-9 and mine are both for CentOS Stream 9, and KubeVirt\'s trees go by that number: choose one of them'],
    ['[centos-stream-10, host]', "1:32: error: host is this machine's own base system, so there can be no other beside it"],
    ['[centos-stream-9, centos-stream-11]', '1:31: error: there is no base system "centos-stream-11"; did you mean "centos-stream-10"? There are: centos-stream-9, centos-stream-10, host'],
    ['[centos-stream-9, centos-stream-9]', '1:31: error: basesystem has "centos-stream-9" twice'],
    ['[]', '1:1: error: basesystem must not be empty'],
  ])('%j', async (text, message) => {
    expect((await load(`basesystem: ${text}\n${SOURCES}`)).text).toContain(`custom-rpms.config.yaml:${message}`);
  });

  test('KUBEVIRT_CENTOS_STREAM_VERSION chooses one of them', async () => {
    expect(names(await loadGood(`${BOTH}${SOURCES}`, { KUBEVIRT_CENTOS_STREAM_VERSION: '10' }))).toEqual(['centos-stream-10']);
    const mine = `basesystem: [centos-stream-9, mine]\nbasesystems: { mine: { extends: centos-stream-10 } }\n${SOURCES}`;
    expect(names(await loadGood(mine, { KUBEVIRT_CENTOS_STREAM_VERSION: '10' }))).toEqual(['mine']);
  });

  test('are too many for a repository that is published already', async () => {
    const { text } = await load(`${BOTH}serve: { mode: published, baseUrl: "https://example.com/r/" }\nsources: { libvirt: {} }`);
    expect(text).toContain('error: serve.mode published is one repository, whose RPMs are of one base system: name that one alone');
  });
});

test('the configs of docs/matrix.md are right', async () => {
  const text = readFileSync(new URL('../../../docs/matrix.md', import.meta.url), 'utf8');
  const [first, second] = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml ?? '');
  const small = await loadGood(first ?? '');
  expect([names(small), small.arches, small.packages[0]?.specs]).toMatchObject([['centos-stream-9', 'centos-stream-10'], ['x86_64', 'aarch64'], { 'centos-stream-9': { branch: 'c9s' }, 'centos-stream-10': { branch: 'c10s' } }]);
  const own = await loadGood(second ?? '');
  expect(Object.values(own.packages[0]?.specs ?? {}).map((spec) => spec.kind)).toEqual(['dir', 'dir']);
  expect(Object.keys(own.packages[1]?.rpmsOf ?? {})).toEqual(['centos-stream-9', 'centos-stream-10']);
  expect(own.rpmDeps.versions['centos-stream-10']).toEqual({});
});

describe('a spec', () => {
  test('of dist-git is of each base system’s own branch', async () => {
    const git = 'https://gitlab.com/redhat/centos-stream/rpms/qemu-kvm.git';
    const both = { 'centos-stream-9': { kind: 'git', git, branch: 'c9s' }, 'centos-stream-10': { kind: 'git', git, branch: 'c10s' } };
    expect((await loadGood(`${BOTH}sources: { qemu: { dir: x } }`)).packages[0]?.specs).toEqual(both);
    expect(await specOf(`{ git: "${git}" }`)).toEqual(both);
    expect(await specOf(`{ git: "${git}", branch: { centos-stream-10: next } }`)).toEqual({ ...both, 'centos-stream-10': { kind: 'git', git, branch: 'next' } });
    expect(await specOf(`{ git: "${git}", branch: main }`)).toEqual({ 'centos-stream-9': { kind: 'git', git, branch: 'main' }, 'centos-stream-10': { kind: 'git', git, branch: 'main' } });
  });

  test('may be a folder for each', async () => {
    expect(await specOf('{ dir: { centos-stream-9: /d/c9s, centos-stream-10: /d/c10s }, file: a.spec }')).toEqual({
      'centos-stream-9': { kind: 'dir', dir: '/d/c9s', file: 'a.spec' },
      'centos-stream-10': { kind: 'dir', dir: '/d/c10s', file: 'a.spec' },
    });
    expect(await specOf('/d')).toEqual({ 'centos-stream-9': { kind: 'dir', dir: '/d' }, 'centos-stream-10': { kind: 'dir', dir: '/d' } });
  });

  test.each([
    ['{ dir: { centos-stream-9: /d } }', 'error: sources.qemu.spec.dir names no folder for centos-stream-10'],
    ['{ dir: { centos-stream-9: /d, centos-stream-10: /e, centos-stream-8: /f } }', 'error: there is no base system "centos-stream-8"; did you mean "centos-stream-9"? There are: centos-stream-9, centos-stream-10, host'],
    ['{ git: "https://example.org/q.git", branch: c9s }', 'error: c9s is the branch of centos-stream-9, and centos-stream-10 would be built from it too; leave branch out, and each base system takes its own: c9s, c10s'],
    ['{ dir: [/d] }', 'error: sources.qemu.spec.dir must be text or a mapping, not a list'],
  ])('%s is refused', async (spec, message) => {
    expect((await load(`${BOTH}sources: { qemu: { dir: x, spec: ${spec} } }`)).text).toContain(message);
  });
});

describe('a version', () => {
  test('without a %dist is for all, one by name for that one', async () => {
    expect((await loadGood(versions('SEABIOS_VERSION: "0:1.16.3", PASST_VERSION: { centos-stream-10: "0:2-1.el10" }'))).rpmDeps.versions).toEqual({
      'centos-stream-9': { SEABIOS_VERSION: '0:1.16.3' },
      'centos-stream-10': { SEABIOS_VERSION: '0:1.16.3', PASST_VERSION: '0:2-1.el10' },
    });
  });

  test('for a base system that is not built now waits for it', async () => {
    const config = await loadGood(versions('PASST_VERSION: { centos-stream-10: "0:2-1.el10" }'), { KUBEVIRT_CENTOS_STREAM_VERSION: '9' });
    expect(config.rpmDeps.versions).toEqual({ 'centos-stream-9': {} });
  });

  test('with the %dist of one is never given to the others', async () => {
    expect((await load(versions('SEABIOS_VERSION: "0:1.16.3-4.el9"'))).text).toContain(
      'error: 0:1.16.3-4.el9 has the .el9 of centos-stream-9, so it can\'t be for centos-stream-10; say which it is for: SEABIOS_VERSION: { centos-stream-9: "0:1.16.3-4.el9" }',
    );
    expect((await load(`${BOTH}${SOURCES}`, { QEMU_VERSION: '17:1-1.el10' })).text).toContain(
      'error: the environment has QEMU_VERSION=17:1-1.el10; 17:1-1.el10 has the .el10 of centos-stream-10, so it can\'t be for centos-stream-9: set KUBEVIRT_CENTOS_STREAM_VERSION=10 too, or unset it',
    );
    expect((await load(versions('SEABIOS_VERSION: "0:1.16.3-4.el90"'))).text).toBe('');
  });

  test('names base systems that there are', async () => {
    expect((await load(versions('SEABIOS_VERSION: { centos-strem-9: "0:1" }'))).text).toContain('error: there is no base system "centos-strem-9"; did you mean "centos-stream-9"? There are: centos-stream-9, centos-stream-10, host');
    expect((await load(versions('SEABIOS_VERSION: { centos-stream-9: "1;x" }'))).text).toContain('can\'t be "1;x"');
  });
});

describe('where a package is built', () => {
  const archesOf = async (arch: string, source: string) => (await loadGood(`arch: ${arch}\nsources: { ${source} }`)).packages.map(({ arches }) => arches);

  test('is everywhere, or where its preset or the user says', async () => {
    expect(await archesOf('[x86_64, aarch64, s390x]', 'libvirt: { dir: x }, seabios: { dir: x }, edk2: { dir: x }, qemu: { dir: x, arch: [aarch64, s390x] }')).toEqual([
      undefined,
      ['x86_64'],
      ['x86_64', 'aarch64'],
      ['aarch64', 's390x'],
    ]);
    expect(await archesOf('[x86_64, aarch64]', 'seabios: { dir: x, arch: [x86_64, aarch64] }')).toEqual([undefined]);
    // What one asks for alone is built.
    expect(await archesOf('aarch64', 'seabios: { dir: x }')).toEqual([undefined]);
  });

  test('can be nowhere, which is refused', async () => {
    const { text } = await load('arch: aarch64\nsources: { qemu: { dir: x, arch: x86_64 } }');
    expect(text).toContain('custom-rpms.config.yaml:2:34: error: qemu is for x86_64 only, and nothing is built for that: arch is aarch64');
  });

  test('is no question for RPMs at hand', async () => {
    expect((await load('sources: { qemu: { rpms: x, arch: x86_64 } }')).text).toContain('error: qemu is prebuilt, so arch has no use; remove it');
  });
});
