import { readInfo, type EngineFacts } from '@crpm/engines/docker/facts';
import { err, ok } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import { judgeLayers, judgeMemoryBound, judgePlaces, judgeRootless, judgeRootlessNetwork, type User } from '../../src/doctor/engine.js';
import { judgeCapacity, judgeProxies, judgeRoom, judgeSelinux, judgeStore } from '../../src/doctor/machine.js';
import { judgeLeftovers, judgeServing } from '../../src/doctor/serving.js';
import { judgeKubevirt, judgeStreams, judgeTree, type TreeFacts } from '../../src/doctor/trees.js';

const GIB = 1024 ** 3;

test('room: enough, little, and none, with what makes some', () => {
  expect(judgeRoom('cache', '/c', 20 * GIB)).toEqual({ state: 'ok', what: 'cache', detail: '/c, 20.0 GiB free' });
  expect(judgeRoom('cache', '/c', 3 * GIB)).toMatchObject({ state: 'warning', next: 'A build of QEMU and libvirt wants about 10 GiB: crpm cache gc makes room.' });
  expect(judgeRoom('cache', '/c', 1000)).toMatchObject({ state: 'error', detail: '/c, 0.0 GiB free' });
});

test('capacity: memory is held against the compile jobs that will be', () => {
  expect(judgeCapacity({ cores: 8, memory: 16 * GIB })).toEqual([{ state: 'ok', what: 'cores', detail: '8' }, { state: 'ok', what: 'memory', detail: '16.0 GiB for 8 compile jobs' }]);
  expect(judgeCapacity({ cores: 32, memory: 4 * GIB })[1]).toEqual({ state: 'warning', what: 'memory', detail: '4.0 GiB for 32 compile jobs', next: 'A compiler may be ended for lack of it: build.jobs: 8 in the config.' });
  expect(judgeCapacity({ cores: 32, memory: 4 * GIB, jobs: 8 })[1]).toMatchObject({ state: 'ok' });
  expect(judgeCapacity({ cores: 1, memory: GIB / 4 })).toMatchObject([{ state: 'warning' }, { state: 'ok', detail: '0.3 GiB for 1 compile job' }]);
});

test('proxies: who uses them, and names that contradict each other', () => {
  expect(judgeProxies({})).toEqual({ state: 'ok', what: 'proxy', detail: 'none set' });
  expect(judgeProxies({ https_proxy: 'http://p:3128' })).toMatchObject({ state: 'warning', detail: expect.stringContaining('HTTPS_PROXY set') as string });
  expect(judgeProxies({ HTTP_PROXY: 'http://a', http_proxy: 'http://b' })).toMatchObject({ state: 'warning', next: 'Set both to the same: export http_proxy="$HTTP_PROXY"' });
});

test('SELinux in its three states is no fault', () => {
  expect([undefined, '1\n', '0'].map((text) => judgeSelinux(text))).toMatchObject([{ state: 'ok', detail: 'not on this machine' }, { state: 'ok', detail: expect.stringMatching(/^enforcing; .*label=disable/) as string }, { state: 'ok', detail: 'permissive' }]);
});

test('the store: linked, copied, or something that is no folder', () => {
  expect(judgeStore({ state: 1, cache: 1, isFolder: true }, '/c/store')).toEqual({ state: 'ok', what: 'store', detail: '/c/store' });
  expect(judgeStore({ state: 1, cache: 2, isFolder: true }, '/c/store')).toMatchObject({ state: 'warning', next: 'Put XDG_CACHE_HOME and XDG_STATE_HOME on the same file system.' });
  expect(judgeStore({ state: 1, cache: 1, isFolder: false }, '/c/store')).toMatchObject({ state: 'error', detail: '/c/store is no folder' });
});

describe('an engine', () => {
  const facts: EngineFacts = { flavour: 'podman', rootless: true, cgroup: 2, limitsMemory: true, local: true };
  const ann: User = { name: 'ann', uid: 1000 };

  test('is looked for in places of which only a context that was named is to be mended', () => {
    const places = [
      { from: 'the Docker context work', answer: err('no host has this name') },
      { from: 'the rootless Podman socket', answer: err('there is no such socket') },
      { from: 'the Docker socket', answer: ok('Docker Engine 24.0.7') },
      { from: 'the system Podman socket', answer: err('there is no such socket') },
    ];
    expect(judgePlaces(places)).toEqual([
      { state: 'warning', what: 'the Docker context work', detail: 'no host has this name; the next engine that answers is used', next: 'Bring up what it names, or docker context use default.' },
      { state: 'ok', what: 'the rootless Podman socket', detail: 'none: there is no such socket' },
      { state: 'ok', what: 'the Docker socket', detail: 'Docker Engine 24.0.7' },
    ]);
    expect(judgePlaces(places.filter(({ answer }) => !answer.ok))).toEqual([]);
  });

  test('without root wants ids of its own, by name or by number', () => {
    const enough = 'root:1:1\nann:100000:65536\n';
    expect(judgeRootless(facts, { ...ann, subuid: enough, subgid: '1000:100000:65536\n' })).toMatchObject([{ state: 'ok' }]);
    expect(judgeRootless(facts, { ...ann, subuid: enough, subgid: 'ann:1:1000\n' })).toEqual([
      {
        state: 'error',
        what: 'rootless',
        detail: '/etc/subgid gives ann fewer than 65536 ids: packages with users of their own can\'t be installed into images',
        next: 'sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann && podman system migrate',
      },
    ]);
    expect(judgeRootless({ ...facts, flavour: 'docker' }, ann)).toMatchObject([{ state: 'error', detail: expect.stringContaining('/etc/subuid and /etc/subgid give ann') as string, next: expect.stringContaining('systemctl --user restart docker') as string }]);
    expect(judgeRootless({ ...facts, rootless: false }, ann)).toEqual([]);
    expect(judgeRootless({ ...facts, local: false }, ann)).toEqual([]);
  });

  test('that can not bound memory matters where the config wants a bound', () => {
    expect(judgeMemoryBound(facts, true)).toEqual([]);
    expect(judgeMemoryBound({ ...facts, cgroup: 1, limitsMemory: false }, true)).toMatchObject([{ state: 'warning', next: expect.stringContaining('unified_cgroup_hierarchy') as string }]);
    expect(judgeMemoryBound({ ...facts, limitsMemory: false }, true)).toMatchObject([{ state: 'warning', next: expect.stringContaining('Delegate=yes') as string }]);
    expect(judgeMemoryBound({ ...facts, limitsMemory: false }, false)).toMatchObject([{ state: 'ok' }]);
  });

  test('that keeps layers by copying is said to be slow, with what mends it', () => {
    expect(judgeLayers(facts)).toEqual([]);
    expect(judgeLayers({ ...facts, driver: 'overlay' })).toEqual([]);
    expect(judgeLayers({ ...facts, driver: 'vfs' })).toMatchObject([{ state: 'warning', what: 'layers', next: expect.stringMatching(/^Install fuse-overlayfs .*podman system reset, which removes all/) as string }]);
    expect(judgeLayers({ ...facts, driver: 'vfs', rootless: false })[0]?.next).not.toContain('fuse-overlayfs');
    expect(judgeLayers({ ...facts, driver: 'vfs', flavour: 'docker' })[0]?.next).toContain('dockerd');
  });

  test('without root needs a program and a device for networks, unless it takes the machine’s own', () => {
    expect(judgeRootlessNetwork(facts, 'bridge', { program: true, tun: 'open' })).toEqual([]);
    expect(judgeRootlessNetwork(facts, 'host', { program: false, tun: undefined })).toEqual([]);
    expect(judgeRootlessNetwork({ ...facts, rootless: false }, 'bridge', { program: false, tun: 'closed' })).toEqual([]);
    expect(judgeRootlessNetwork(facts, 'bridge', { program: true, tun: 'closed' })).toEqual([
      {
        state: 'error',
        what: 'rootless network',
        detail: '/dev/net/tun lets only root in: containers get no network, and build roots can\'t be filled',
        next: 'sudo chmod 666 /dev/net/tun. Or give them this machine\'s: engine: { network: host }.',
      },
    ]);
    expect(judgeRootlessNetwork(facts, 'bridge', { program: false, tun: undefined })).toMatchObject([{ detail: expect.stringMatching(/^there is no slirp4netns or pasta, and there is no \/dev\/net\/tun: /) as string, next: expect.stringContaining('modprobe tun') as string }]);
  });

  test('is known by what it says of itself', () => {
    // As Podman 4.3 says it without root on cgroup v1: the bound it claims is none.
    expect(readInfo({ SecurityOptions: ['name=seccomp,profile=default'], Rootless: true, CgroupVersion: '1', MemoryLimit: true, Driver: 'vfs' }, 'podman', 'unix:///s')).toEqual({ flavour: 'podman', rootless: true, cgroup: 1, limitsMemory: false, driver: 'vfs', local: true });
    expect(readInfo({ SecurityOptions: ['name=seccomp', 'name=rootless'], CgroupVersion: '1', MemoryLimit: false, DockerRootDir: '/d' }, 'docker', 'unix:///s')).toEqual({ flavour: 'docker', rootless: true, cgroup: 1, limitsMemory: false, root: '/d', local: true });
    expect(readInfo({ SecurityOptions: null, OperatingSystem: 'Docker Desktop' }, 'docker', 'unix:///s')).toEqual({ flavour: 'docker', rootless: false, cgroup: 2, limitsMemory: true, local: false });
    expect(readInfo({}, 'podman', 'tcp://far:1').local).toBe(false);
  });
});

describe('trees', () => {
  const tree: TreeFacts = { what: 'tree of qemu', built: true, dir: '/q', kind: 'repository', changed: 0, branch: 'master', missingSubprojects: [] };

  test('uncommitted work, worktrees and plain folders are said and are no fault', () => {
    expect(judgeTree(tree)).toEqual({ state: 'ok', what: 'tree of qemu', detail: '/q, on master' });
    expect(judgeTree({ ...tree, kind: 'worktree', changed: 1 }).detail).toBe('/q, a git worktree, on master, 1 uncommitted change, which will be built');
    expect(judgeTree({ ...tree, what: 'KubeVirt tree', built: false, changed: 2 }).detail).toBe('/q, on master, 2 uncommitted changes');
    expect(judgeTree({ what: 'tree of qemu', built: true, dir: '/q', kind: 'plain', missingSubprojects: [] })).toEqual({ state: 'ok', what: 'tree of qemu', detail: '/q, no git repository' });
  });

  test('subprojects that are not there are named, with what gets them', () => {
    expect(judgeTree({ ...tree, missingSubprojects: ['dtc'] })).toMatchObject({ state: 'warning', detail: '/q, on master; the subproject dtc of it is not there: the first build fetches what it can', next: 'meson subprojects download --sourcedir /q' });
    expect(judgeTree({ ...tree, missingSubprojects: ['a', 'b', 'c', 'd', 'e'] }).detail).toContain('the subprojects a, b, c and 2 more of it are not there');
  });

  test('a spec of another stream than it is built for is a warning; other branches say nothing', () => {
    const spec = { package: 'qemu', branch: 'c9s', basesystem: 'centos-stream-9', stream: 9 };
    expect(judgeStreams([spec, { ...spec, branch: 'my-work' }, { ...spec, branch: 'c10s', basesystem: 'mine', stream: 10 }])).toEqual([]);
    expect(judgeStreams([{ ...spec, branch: 'c10s' }])).toEqual([
      { state: 'warning', what: 'spec of qemu', detail: 'its branch is c10s, and it is built for centos-stream-9', next: 'sources.qemu.spec.branch: c9s, or git switch c9s in the dist-git folder; or basesystem: centos-stream-10.' },
    ]);
  });

  test('a KubeVirt branch that knows no other stream than 9', () => {
    const ten = [{ basesystem: 'centos-stream-10', stream: 10 }];
    expect(judgeKubevirt('--name launcherbase_x86_64', ten)).toMatchObject([{ state: 'warning', detail: 'its hack/rpm-deps.sh knows nothing of centos-stream-10' }]);
    expect(judgeKubevirt('STREAM=${KUBEVIRT_CENTOS_STREAM_VERSION:-9}', ten)).toEqual([]);
    expect(judgeKubevirt('nothing', [{ basesystem: 'centos-stream-9', stream: 9 }])).toEqual([]);
    expect(judgeKubevirt(undefined, ten)).toEqual([]);
  });
});

test('a repository: served, startable, on a port that is taken, or somebody else’s that is down', () => {
  const down = { mode: 'process', baseUrl: 'http://127.0.0.1:8123/', running: false, state: '/s' } as const;
  expect(judgeServing({ ...down, running: true })).toEqual({ state: 'ok', what: 'repository', detail: 'served at http://127.0.0.1:8123/' });
  expect(judgeServing(down)).toMatchObject({ state: 'ok', detail: 'not served at http://127.0.0.1:8123/; the port is free, and whatever command needs it serves it' });
  expect(judgeServing({ ...down, holder: 'nginx (pid 7)' })).toEqual({ state: 'error', what: 'repository', detail: 'its port is taken: http://127.0.0.1:8123/ is nginx (pid 7)', next: 'End that, or crpm serve --port N.' });
  expect(judgeServing({ ...down, mode: 'published', why: 'nothing listens there' })).toMatchObject({ state: 'error', detail: 'not served at http://127.0.0.1:8123/: nothing listens there' });
  expect(judgeServing({ ...down, mode: 'none' })).toMatchObject({ state: 'warning', next: 'Let your server at serve.baseUrl publish /s/repo/current.' });
  expect(judgeServing({ mode: 'volume', baseUrl: 'file:///root/.crpm/', state: '/s' })).toMatchObject({ state: 'ok' });
});

test('what dead runs left is counted, with what removes it', () => {
  expect(judgeLeftovers(0)).toMatchObject({ state: 'ok' });
  expect(judgeLeftovers(3)).toMatchObject({ state: 'warning', detail: '3 things of dead runs in the engine', next: expect.stringContaining('crpm clean --orphans') as string });
});
