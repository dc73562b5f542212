import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@crpm/config';
import { PRESETS, presetPin, presetTrees } from '@crpm/config/normalize/presets';
import type { Arch, Config, Graph } from '@crpm/core';
import { compile } from '@crpm/pipeline/compile/compile';
import { readDepsScript } from '@crpm/pipeline/deps-script/read';
import type { CustomRepository } from '@crpm/pipeline/kubevirt/custom-rpms';
import { readPins } from '@crpm/pipeline/kubevirt/pins';
import { callVariables } from '@crpm/pipeline/kubevirt/variables';
import type { RpmDepsParams } from '@crpm/pipeline/params';
import { describe, expect, onTestFinished, test } from 'vitest';

/** The lists of KubeVirt's script that name RPMs with a version, as its user reads them; `*` stands for every architecture. */
const LISTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  testimage: { '*': 'qemu-img-$QEMU_VERSION' },
  'libvirt-devel': { '*': 'libvirt-devel-$LIBVIRT_VERSION' },
  'libnbd-devel': { '*': 'libnbd-devel-$LIBNBD_VERSION' },
  launcherbase: {
    '*': 'libvirt-client-$LIBVIRT_VERSION libvirt-daemon-driver-qemu-$LIBVIRT_VERSION passt-$PASST_VERSION qemu-kvm-core-$QEMU_VERSION qemu-kvm-device-usb-host-$QEMU_VERSION swtpm-tools-$SWTPM_VERSION virtiofsd-$VIRTIOFSD_VERSION libnbd-$LIBNBD_VERSION',
    x86_64: 'edk2-ovmf-$EDK2_VERSION qemu-kvm-device-display-virtio-gpu-$QEMU_VERSION qemu-kvm-device-display-virtio-vga-$QEMU_VERSION qemu-kvm-device-display-virtio-gpu-pci-$QEMU_VERSION qemu-kvm-device-usb-redirect-$QEMU_VERSION seabios-$SEABIOS_VERSION',
    aarch64: 'edk2-aarch64-$EDK2_VERSION qemu-kvm-device-usb-redirect-$QEMU_VERSION qemu-kvm-device-display-virtio-gpu-$QEMU_VERSION qemu-kvm-device-display-virtio-gpu-pci-$QEMU_VERSION',
    s390x: 'qemu-kvm-device-display-virtio-gpu-$QEMU_VERSION qemu-kvm-device-display-virtio-gpu-ccw-$QEMU_VERSION',
  },
  handlerbase: { '*': 'qemu-img-$QEMU_VERSION' },
  passt_tree: { '*': 'passt-$PASST_VERSION' },
  'libguestfs-tools': {
    x86_64: 'libguestfs-$LIBGUESTFS_VERSION guestfs-tools-$GUESTFSTOOLS_VERSION libvirt-daemon-driver-qemu-$LIBVIRT_VERSION qemu-kvm-core-$QEMU_VERSION edk2-ovmf-$EDK2_VERSION seabios-$SEABIOS_VERSION',
    s390x: 'libguestfs-$LIBGUESTFS_VERSION guestfs-tools-$GUESTFSTOOLS_VERSION libvirt-daemon-driver-qemu-$LIBVIRT_VERSION qemu-kvm-core-$QEMU_VERSION edk2-ovmf-$EDK2_VERSION',
  },
  'pr-helper': { x86_64: 'qemu-pr-helper', aarch64: 'qemu-pr-helper' },
};

const ARCHES: readonly Arch[] = ['x86_64', 'aarch64', 's390x'];
const NAMES = ['qemu', 'libvirt', 'seabios', 'edk2', 'libguestfs', 'guestfs-tools', 'passt', 'virtiofsd', 'swtpm', 'libnbd'];

const SCRIPT = [
  'SUFFIX="_cs${KUBEVIRT_CENTOS_STREAM_VERSION:-9}"',
  ...[...new Set(JSON.stringify(LISTS).match(/[A-Z0-9]+_VERSION/g))].map((name) => `${name}=\${${name}:-0:1-1.el\${KUBEVIRT_CENTOS_STREAM_VERSION}}`),
  ...ARCHES.flatMap((arch) =>
    Object.entries(LISTS)
      .filter(([, lists]) => '*' in lists || arch in lists)
      .map(([tree, lists]) => `if [ -z "$SINGLE_ARCH" ] || [ "$SINGLE_ARCH" == "${arch}" ]; then bazeldnf rpmtree --name ${tree}_${arch}$SUFFIX ${lists['*'] ?? ''} ${lists[arch] ?? ''}; fi`),
  ),
].join('\n');

/** A config of three lines, and its graph. */
async function threeLines(name: string, stream: number, arch: Arch): Promise<{ readonly config: Config; readonly graph: Graph }> {
  const folder = mkdtempSync(join(tmpdir(), 'crpm-presets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'custom-rpms.config.yaml'), `basesystem: centos-stream-${String(stream)}\narch: ${arch}\nsources: { ${name}: { dir: ../${name} } }\n`);
  const loaded = await loadConfig({ cwd: folder, env: {}, machine: 'x64' });
  if (!loaded.ok) throw new Error(loaded.error.map(({ message }) => message).join('\n'));
  const graph = compile(loaded.value.config);
  if (!graph.ok) throw new Error(graph.error.map(({ message }) => message).join('\n'));
  return { config: loaded.value.config, graph: graph.value };
}

/** A repository that holds RPMs of these names, all of one package. */
function repositoryOf(name: string, stream: number, arch: Arch, rpms: readonly string[]): CustomRepository {
  const rpm = (each: string) => ({ file: `${each}.rpm`, name: each, epoch: 7, version: '1.2', release: '3.el9.crpm0001', arch, sourcerpm: '', sha256: '', size: 1, package: name, forArch: arch, forStream: stream, url: '' });
  return { stream, arch, baseUrl: 'http://127.0.0.1:1/', rpms: rpms.map(rpm), stale: {} };
}

describe.each(NAMES)('three lines for %s', (name) => {
  const preset = PRESETS.get(name);
  if (!preset) throw new Error(`no preset ${name}`);

  test.each([9, 10])('are the right graph and the right variable on CentOS Stream %i, for each architecture', async (stream) => {
    for (const arch of ARCHES) {
      const { graph } = await threeLines(name, stream, arch);
      const params = (id: string) => graph.nodes.get(id)?.params as Record<string, unknown>;
      const steps = preset.kind === 'autotools-dist' ? ['source', 'buildroot', 'predict', 'dist', 'rpmbuild'] : ['source', 'buildroot', 'predict', 'rpmbuild'];
      expect([...graph.nodes.values()].filter(({ group }) => group === name).map(({ id }) => id.replace(/@.*/, ''))).toEqual(steps.map((step) => `${name}.${step}`));
      const source = params([...graph.nodes.keys()].find((id) => id.startsWith(`${name}.source`)) ?? '');
      if ('tree' in preset.spec) expect(source['specInTree']).toBe(preset.spec.tree);
      else {
        const repository = name === 'qemu' ? 'qemu-kvm' : name;
        expect(source['distGit']).toMatchObject({ git: `https://gitlab.com/redhat/centos-stream/rpms/${repository}.git`, ref: `c${String(stream)}s` });
        expect(source['elsewhere']).toEqual({ urlOfBasesystem: 'https://sources.stream.centos.org/sources/rpms' });
      }

      const deps = params([...graph.nodes.keys()].find((id) => id.startsWith('rpm-deps')) ?? '') as unknown as RpmDepsParams;
      const names = presetPin(preset).rpms?.[arch] ?? [];
      const call = callVariables(deps, repositoryOf(name, stream, arch, names), SCRIPT);
      expect(call.warnings).toEqual([]);
      const versions = Object.fromEntries(Object.entries(call.values).filter(([variable]) => variable === preset.variable));
      // On an architecture where KubeVirt asks for none of its RPMs, it is told nothing.
      expect(versions).toEqual(names.length === 0 ? {} : { [preset.variable]: '7:1.2-3.el9.crpm0001' });
      expect(call.values).toMatchObject({ SINGLE_ARCH: arch, KUBEVIRT_CENTOS_STREAM_VERSION: String(stream) });
    }
  });

  test('ask for the RPMs, and touch the trees, that a script in the shape of KubeVirt’s says', () => {
    for (const arch of ARCHES) {
      const pin = presetPin(preset);
      expect([...readPins(SCRIPT, { name, pin }, { arch, stream: 9 }).names].sort(), arch).toEqual([...new Set(pin.rpms?.[arch])].sort());
      const script = readDepsScript(SCRIPT, { SINGLE_ARCH: arch, KUBEVIRT_CENTOS_STREAM_VERSION: '9', [preset.variable]: '0:0-mark' });
      if (typeof script === 'string') throw new Error(script);
      const unpinned = (preset.unpinned ?? []).map(({ rpm }) => rpm);
      const touched = script.trees.filter(({ requests }) => requests.some((request) => request.endsWith('-0:0-mark') || unpinned.includes(request)));
      expect(touched.map((tree) => tree.name.replace(`_${arch}_cs9`, '')).sort(), arch).toEqual([...presetTrees(preset, arch)].sort());
    }
  });
});

test('the ten of them are all there are', () => {
  expect([...PRESETS.keys()].sort()).toEqual([...NAMES].sort());
});
