import { FailureError } from '@crpm/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RpmDepsParams, RpmDepsStream } from '../../src/params.js';
import type { CustomRepository } from '../../src/kubevirt/custom-rpms.js';
import { scriptEnvironment, builderVolume } from '../../src/kubevirt/environment.js';
import { knowsVariable, readPins } from '../../src/kubevirt/pins.js';
import { pinOurs } from '../../src/kubevirt/pin-ours.js';
import { customRepoFile } from '../../src/kubevirt/repo-file.js';
import { callVariables, shellAssignments } from '../../src/kubevirt/variables.js';

const SCRIPT = `launcherbase_main="
  libvirt-client-\${LIBVIRT_VERSION}
  qemu-img-$QEMU_VERSION
  nftables
"
pr_helper="
  qemu-pr-helper
"
bazeldnf rpmtree --name launcherbase_x86_64 $launcherbase_main
bazeldnf rpmtree --name pr-helper_x86_64 $pr_helper
`;
const qemu = { name: 'qemu', pin: { variable: 'QEMU_VERSION', rpms: { x86_64: ['qemu-img', 'qemu-kvm-core'], aarch64: [], s390x: [] } } };

function repository(...rpms: (readonly [name: string, evr: string])[]): CustomRepository {
  const facts = rpms.map(([name, evr]) => {
    const [, epoch, version, release] = /^(\d+):(.+)-(.+)$/.exec(evr) ?? [];
    return { file: `${name}.rpm`, name, epoch: Number(epoch), version: version ?? '', release: release ?? '', arch: 'x86_64', sourcerpm: '', sha256: '', size: 1, package: 'qemu', forArch: 'x86_64' as const, forStream: 9, url: '' };
  });
  return { stream: 9, arch: 'x86_64', baseUrl: 'http://127.0.0.1:1/', rpms: facts, stale: {} };
}

const params = (changes: Partial<RpmDepsStream> = {}): RpmDepsParams => ({
  kubevirt: '/kubevirt', arches: ['x86_64'], packages: [qemu], mode: 'script', crossArchEmulation: false, allowOfficial: [],
  streams: [{ basesystem: 'centos-stream-9', stream: 9, kubevirtBasesystem: 'centos-stream-release', versions: {}, ...changes }],
});

const failure = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
  return undefined;
};

describe('readPins', () => {
  test('are those of the calls for one stream and architecture, whatever the preset knows', () => {
    const script = `
if [ "$KUBEVIRT_CENTOS_STREAM_VERSION" = 10 ]; then more=qemu-kvm-new-$QEMU_VERSION; fi
if [ -z "$SINGLE_ARCH" ] || [ "$SINGLE_ARCH" = x86_64 ]; then bazeldnf rpmtree --name a_x86_64 acl qemu-img-$QEMU_VERSION $more; fi
if [ -z "$SINGLE_ARCH" ] || [ "$SINGLE_ARCH" = s390x ]; then bazeldnf rpmtree --name a_s390x qemu-kvm-device-ccw-\${QEMU_VERSION:-17:1-1}; fi
`;
    expect(readPins(script, qemu, { arch: 'x86_64', stream: 9 }).names).toEqual(['qemu-img']);
    expect(readPins(script, qemu, { arch: 'x86_64', stream: 10 }).names).toEqual(['qemu-img', 'qemu-kvm-new']);
    expect(readPins(script, qemu, { arch: 's390x', stream: 9 }).names).toEqual(['qemu-kvm-device-ccw']);
    expect(readPins(script, qemu, { arch: 'aarch64', stream: 9 }).names).toEqual([]);
  });

  test('know a variable that no preset knows, and names that nobody listed', () => {
    const script = 'FOO_VERSION=${FOO_VERSION:-0:1-1}\nbazeldnf rpmtree --name a_x86_64 foo-libs-${FOO_VERSION} foo-$FOO_VERSION acl';
    expect(readPins(script, { name: 'foo', pin: { variable: 'FOO_VERSION' } }, { arch: 'x86_64', stream: 9 })).toEqual({ names: ['foo-libs', 'foo'] });
  });

  test('are the preset’s where the script can’t be followed, which is said', () => {
    const script = 'for arch in a b; do bazeldnf rpmtree --name x_$arch qemu-img-$QEMU_VERSION; done';
    const { names, unread } = readPins(script, qemu, { arch: 'x86_64', stream: 9 });
    expect(names).toEqual(['qemu-img', 'qemu-kvm-core']);
    expect(unread).toBeTruthy();
  });
});

test('a variable is known where the script has it, not where a comment names it', () => {
  expect(knowsVariable(SCRIPT, 'QEMU_VERSION')).toBe(true);
  expect(knowsVariable('# QEMU_VERSION was here\n  MY_QEMU_VERSION=1 QEMU_VERSIONS=2', 'QEMU_VERSION')).toBe(false);
});

describe('callVariables', () => {
  test('give the full EVR of what was built, and what the user set for the rest', () => {
    const { values, warnings } = callVariables(params({ versions: { LIBVIRT_VERSION: '0:11.10.0-12.el9', QEMU_VERSION: '17:10' + '.1.0-20' } }), repository(['qemu-img', '17:10.1.0-20.el9.crpm0001']), SCRIPT);
    expect(shellAssignments(values)).toBe('KUBEVIRT_CENTOS_STREAM_VERSION=9 CUSTOM_REPO=crpm-repo.yaml SINGLE_ARCH=x86_64 BASESYSTEM=centos-stream-release LIBVIRT_VERSION=0:11.10.0-12.el9 QEMU_VERSION=17:10.1.0-20.el9.crpm0001');
    expect(warnings).toEqual([]);
  });

  test('refuse two EVRs for one variable', () => {
    const script = `${SCRIPT}bazeldnf rpmtree --name a_x86_64 qemu-kvm-core-\${QEMU_VERSION}\n`;
    expect(failure(() => callVariables(params(), repository(['qemu-img', '17:1-1'], ['qemu-kvm-core', '17:1-2']), script))).toMatchObject({ class: 'usage' });
  });

  test('refuse to go on where the script no longer knows the variable', () => {
    expect(failure(() => callVariables(params(), repository(['qemu-img', '17:1-1']), 'bazeldnf rpmtree --name a qemu-img'))).toEqual({
      class: 'usage',
      message: "hack/rpm-deps.sh does not know QEMU_VERSION, so it can't be told which qemu to take",
      next: 'Set sources.qemu.pin to the variable that it reads for qemu now, and the RPMs that it asks for.',
    });
  });

  test('warn of a pinned RPM that was not built', () => {
    const script = `${SCRIPT}bazeldnf rpmtree --name a_x86_64 qemu-kvm-core-\${QEMU_VERSION}\n`;
    expect(callVariables(params(), repository(['qemu-img', '17:1-1']), script).warnings).toEqual(['KubeVirt pins qemu-kvm-core with QEMU_VERSION, but qemu did not make it']);
  });

  test.each(['0:1-1;touch x', '0:1-$(x)', '0:1-1\n', '1-1', '0:~root-1', '', '0:1-`x`', "0:1-'", '--flag'])('refuse the version %j', (version) => {
    expect(failure(() => callVariables(params({ versions: { EDK2_VERSION: version } }), repository(), SCRIPT))).toMatchObject({ class: 'usage' });
  });

  test('let nothing through that a shell would read as more than a word', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (version, basesystem) => {
        let text;
        try {
          text = shellAssignments(callVariables(params({ versions: { EDK2_VERSION: version }, kubevirtBasesystem: basesystem }), repository(), SCRIPT).values);
        } catch (error) {
          expect(error).toBeInstanceOf(FailureError);
          return;
        }
        for (const word of text.split(' ')) expect(word).toMatch(/^[A-Z0-9_]+=[A-Za-z0-9._+~^:-]*$/);
      }),
    );
  });
});

describe('scriptEnvironment', () => {
  test("lets through what container tools need, and nothing that changes KubeVirt's choice", () => {
    const env = scriptEnvironment({ PATH: '/bin', DOCKER_HOST: 'unix:///x', KUBEVIRT_CRI: 'docker', SINGLE_ARCH: 's390x', LIBVIRT_VERSION: 'x', GITHUB_TOKEN: 'secret', CUSTOM_REPO: '/etc/x' }, { SINGLE_ARCH: 'x86_64' }, '/state/kubevirt/tree');
    expect(env).toEqual({ PATH: '/bin', DOCKER_HOST: 'unix:///x', KUBEVIRT_CRI: 'docker', SYNC_VENDOR: 'true', GIT_CEILING_DIRECTORIES: '/state/kubevirt', SINGLE_ARCH: 'x86_64' });
  });

  test('exempts loopback from a proxy', () => {
    expect(scriptEnvironment({ HTTP_PROXY: 'http://p', NO_PROXY: 'corp.example' }, {}, '/c/t')['NO_PROXY']).toBe('corp.example,127.0.0.1,localhost');
  });
});

test('builderVolume is named as KubeVirt names it', () => {
  expect(builderVolume({})).toBe('kubevirt');
  expect(builderVolume({ JOB_NAME: 'job', EXECUTOR_NUMBER: '3' })).toBe('job3');
});

describe('pinOurs', () => {
  const helper = (release: string) => [{ name: 'qemu-pr-helper', epoch: 17, version: '1', release }];

  test('pins bare names of ours, and nothing else', () => {
    const text = SCRIPT.replace('  qemu-pr-helper\n', '  qemu-pr-helper-17:1-1.el9\n');
    expect(pinOurs(SCRIPT, helper('1.el9'))).toEqual({ text });
    expect(pinOurs(SCRIPT, [...helper('1.el9'), { name: 'nftables', epoch: 1, version: '1.0', release: '2' }])).toEqual({ text: text.replace('  nftables\n', '  nftables-1:1.0-2\n') });
    expect(pinOurs(SCRIPT, [])).toEqual({ text: SCRIPT });
  });
  test('leaves alone what KubeVirt pins by itself', () => {
    const script = 'pr_helper="\n  qemu-pr-helper-${QEMU_VERSION}\n"';
    expect(pinOurs(script, helper('1'))).toEqual({ text: script });
  });
  test('says so where the script names it in another way', () => {
    expect(pinOurs('pr_helper=qemu-pr-helper', helper('1')).warning).toContain('qemu-pr-helper');
  });
});

test('customRepoFile names each entry by workspace, stream and architecture', () => {
  const { repositories } = JSON.parse(customRepoFile('kv-12345678', [{ stream: 9, arch: 'x86_64', baseUrl: 'http://127.0.0.1:1/a/' }, { stream: 9, arch: 's390x', baseUrl: 'http://127.0.0.1:1/b/' }])) as { repositories: { name: string; baseurl: string }[] };
  expect(repositories.map(({ name, baseurl }) => [name, baseurl])).toEqual([
    ['crpm-kv-12345678-cs9-x86_64', 'http://127.0.0.1:1/a/'],
    ['crpm-kv-12345678-cs9-s390x', 'http://127.0.0.1:1/b/'],
  ]);
});
