import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBuild, parseWorkspaceRpms } from '@crpm/rpm';
import { bazeldnf } from '../support/bazeldnf.js';
import { testEngine } from '../support/engine.js';
import { buildStack, SUFFIX, type BuiltRpms } from '../support/kubevirt/build.js';
import { isOn, PINNED, STREAMS } from '../support/kubevirt/distribution.js';
import { TREES, treesOn } from '../support/kubevirt/script.js';
import { writeKubevirtTree } from '../support/kubevirt/tree.js';
import { hasRpmTools } from '../support/rpms.js';
import { CliRig, type Ended } from './cli-rig.js';

const engine = await testEngine();
const resolver = (await hasRpmTools()) ? await bazeldnf() : undefined;
const ARCH = 'x86_64';

/** An RPM of each package that the script asks for by version. Of most it is the only one: then no version of the package is asked for at all. */
const ASKED: Readonly<Record<string, string>> = {
  libvirt: 'libvirt-daemon-driver-qemu', qemu: 'qemu-kvm-device-display-virtio-vga', seabios: 'seabios', edk2: 'edk2-ovmf', libguestfs: 'libguestfs', 'guestfs-tools': 'guestfs-tools',
  passt: 'passt', virtiofsd: 'virtiofsd', swtpm: 'swtpm-tools', libnbd: 'libnbd-devel',
};

describe.skipIf('skipped' in engine || resolver === undefined)('the ten packages whose versions KubeVirt pins, for both streams', () => {
  let rig: CliRig;
  let stacks: readonly ReadonlyMap<string, BuiltRpms>[];
  let first: Ended;
  const tree = (path: string) => readFileSync(join(rig.work, 'kubevirt', path), 'utf8');

  /** The config with all RPMs, but for those of one name. */
  function writeConfig(withheld?: string): void {
    const image = 'image' in engine ? engine.image : '';
    const rpms = (name: string) => stacks.flatMap((stack) => [...(stack.get(name) ?? [])].filter(([rpm]) => rpm !== withheld).map(([, file]) => file));
    rig.write({
      'custom-rpms.config.json': JSON.stringify({
        basesystem: STREAMS.map((stream) => `el${stream}`),
        arch: ARCH,
        kubevirt: { dir: 'kubevirt' },
        engine: 'docker',
        basesystems: Object.fromEntries(STREAMS.map((stream) => [`el${stream}`, { image, dist: `.el${stream}`, stream, kubevirtBasesystem: 'centos-stream-release' }])),
        sources: Object.fromEntries(PINNED.map(({ package: name }) => [name, { rpms: rpms(name) }])),
      }),
    });
  }

  beforeAll(async () => {
    rig = new CliRig();
    const bin = join(rig.root, 'bin');
    writeKubevirtTree({ dir: join(rig.work, 'kubevirt'), mirror: join(rig.root, 'mirror'), bin, bazeldnf: resolver! }); // skipped without it
    rig.env['PATH'] = [bin, process.env['PATH']].join(delimiter);
    rig.env['DOCKER_HOST'] = 'dockerHost' in engine ? engine.dockerHost : '';
    stacks = await Promise.all(STREAMS.map((stream) => buildStack(join(rig.root, 'rpms'), { stream, arch: ARCH })));
    writeConfig();
    first = await rig.crpm(['run']);
  }, 300_000);
  afterAll(async () => {
    await rig.crpm(['serve', '--stop']);
    rig.remove();
  });

  it('are chosen by real bazeldnf, every RPM of them that a tree asks for or needs', () => {
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('proven: KubeVirt takes the build')]);
    const rules = new Map(parseWorkspaceRpms(tree('WORKSPACE')).map((rule) => [rule.name, rule]));
    for (const stream of STREAMS) {
      const inTrees = new Set(parseBuild(tree('rpm/BUILD.bazel')).trees.filter(({ name }) => name.endsWith(`_${ARCH}_cs${stream}`)).flatMap(({ rpms }) => rpms));
      for (const { rpms, evr } of PINNED) {
        const [epoch, rest = ''] = evr[stream].split(':');
        for (const { name } of rpms.filter((rpm) => isOn(rpm, ARCH))) {
          const rule = `${name}-${epoch}__${rest.replaceAll('^', '__caret__')}.${SUFFIX}.${ARCH}`;
          expect(inTrees).toContain(rule);
          expect(rules.get(rule)?.urls[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/el\d+\/x86_64\/by-sha256\/[0-9a-f]{64}\//);
        }
      }
    }
  });

  it('leave the rules of the other architectures, and of no script, as they were', () => {
    const { trees } = parseBuild(tree('rpm/BUILD.bazel'));
    expect(trees.map(({ name }) => name).sort()).toEqual([...STREAMS.flatMap((stream) => (['x86_64', 'aarch64', 's390x'] as const).flatMap((arch) => treesOn(arch).map(({ name }) => `${name}_${arch}_cs${stream}`))), 'libguestfs-tools_cs9'].sort());
    expect(trees.filter(({ name }) => !name.includes(`_${ARCH}_`)).flatMap(({ rpms }) => rpms).filter((rule) => rule.includes(SUFFIX))).toEqual([]);
    expect(TREES).toHaveLength(11);
  });

  it('are asked for by the variables of hack/rpm-deps.sh', async () => {
    const { out } = await rig.crpm(['logs', 'rpm-deps']);
    for (const stream of STREAMS) for (const { variable, evr } of PINNED) expect(out).toContain(`"${variable}":"${evr[stream]}.${SUFFIX}"`);
  });

  it.each(Object.entries(ASKED))('end with 1 and name it when an RPM of %s is withheld: %s', async (_package, name) => {
    const before = [tree('WORKSPACE'), tree('rpm/BUILD.bazel')];
    writeConfig(name);
    const { code, out, err } = await rig.crpm(['run']);
    expect([code, `${out}${err}`]).toEqual([1, expect.stringMatching(new RegExp(`^\\S+ failed: .*\\b${name}\\b`, 'm'))]);
    expect(out).not.toContain('proven: KubeVirt');
    expect([tree('WORKSPACE'), tree('rpm/BUILD.bazel')]).toEqual(before);
  });
});
