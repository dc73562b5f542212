import { appendFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bazeldnf } from '../../../../test/support/bazeldnf.js';
import { revert } from '../../src/kubevirt/revert.js';
import { readYielded, type Yielded } from '../../src/kubevirt/yielded-files.js';
import { EXAMPLE_PARAMS, Rig } from './support/nodes.js';
import { buildRpms, LIBVIRT, QEMU } from './support/rpms.js';
import { temporaryFolder } from '../serve/support/temporary.js';

type Rpms = ReturnType<typeof buildRpms>;

const ASKED = 'crpm: only bytes of RPMs changed: their rules in WORKSPACE got the new sha256 and address, the resolver was not asked';
let first: Rpms;
let second: Rpms;
let path: string;
let rig: Rig;
let original: Yielded;

beforeAll(async () => {
  first = [...buildRpms(LIBVIRT), ...buildRpms(QEMU)];
  second = [...buildRpms({ ...LIBVIRT, salt: 'edited' }), ...first.filter((rpm) => rpm.package === 'qemu')];
  const binary = await bazeldnf();
  const bin = temporaryFolder('bin');
  // Without a real one the example's stand-in answers.
  if (binary !== undefined) symlinkSync(binary, join(bin, 'bazeldnf'));
  path = `${bin}:${process.env['PATH'] ?? ''}`;
});
beforeEach(async () => {
  rig = rigWith({});
  original = readYielded(rig.tree);
  await rig.serve(first);
  await rig.rpmDeps();
  expect(rig.statuses).toContain("KubeVirt's script runs, because rpm-deps has not run here yet");
  rig.lines.length = 0;
});
afterEach(() => rig.close());

function rigWith(changes: Partial<typeof EXAMPLE_PARAMS>): Rig {
  return new Rig({ ...EXAMPLE_PARAMS, mode: 'auto', ...changes }, { PATH: path, HOME: process.env['HOME'] });
}

/** Why the script ran, or nothing if it did not. */
const whyScript = () => rig.lines.find((line) => line.startsWith("crpm: KubeVirt's script runs: "))?.slice("crpm: KubeVirt's script runs: ".length);

describe('where only bytes changed', () => {
  test('the rules get the new digests and addresses, and nothing else in the tree changes', async () => {
    const before = readYielded(rig.tree);
    await rig.serve(second);
    const fact = await rig.rpmDeps();
    expect(rig.lines).toContain(ASKED);
    expect(whyScript()).toBeUndefined();
    expect(rig.statuses.at(-1)).toBe(`hot swap: only bytes of ${String(second.filter((rpm) => rpm.package === 'libvirt').length)} RPMs changed`);

    const after = readYielded(rig.tree);
    expect(after['rpm/BUILD.bazel']).toBe(before['rpm/BUILD.bazel']);
    const replaced = first.reduce((text, old) => {
      const now = second.find((rpm) => rpm.name === old.name);
      return text.replaceAll(old.sha256, now?.sha256 ?? '');
    }, before.WORKSPACE);
    expect(after.WORKSPACE).toBe(replaced);
    const { proof } = await rig.verify();
    expect(proof).toMatchObject({ proven: true, complaints: [] });
    expect(await rig.stale(fact)).toBeUndefined();
  });

  test('it gives what the resolver would have given', async () => {
    await rig.serve(second);
    await rig.rpmDeps();
    const swapped = readYielded(rig.tree);
    const other = rigWith({ mode: 'script' });
    try {
      await other.serve(second);
      await other.rpmDeps();
      const port = (text: string, url: string) => text.replaceAll(url, 'http://HERE/');
      expect(port(swapped.WORKSPACE, rig.baseUrl)).toBe(port(readYielded(other.tree).WORKSPACE, other.baseUrl));
      expect(swapped['rpm/BUILD.bazel']).toBe(readYielded(other.tree)['rpm/BUILD.bazel']);
    } finally {
      await other.close();
    }
  });

  test('twice, and back; and a revert gives the bytes of before the first run', async () => {
    for (const rpms of [second, first, second]) {
      await rig.serve(rpms);
      await rig.rpmDeps();
      expect(whyScript()).toBeUndefined();
    }
    await revert({ config: { kubevirt: { dir: rig.tree } }, workspace: rig.workspace });
    expect(readYielded(rig.tree)).toEqual(original);
  });
});

describe('where more changed, the script runs and the log says why', () => {
  const libvirt = (change: Parameters<typeof buildRpms>[0]) => [...buildRpms(change), ...first.filter((rpm) => rpm.package === 'qemu')];

  test.each<[string, () => Promise<void> | void, string]>([
    ['another release', async () => rig.serve(libvirt({ ...LIBVIRT, release: '2.el9.crpm0001' })), 'libvirt-client-0:12.1.0-2.el9.crpm0001.x86_64 was not in the repository'],
    [
      'another requirement',
      async () => rig.serve(libvirt({ ...LIBVIRT, subpackages: LIBVIRT.subpackages.map((sub) => (sub.name === 'libvirt-devel' ? { ...sub, requires: [...(sub.requires ?? []), 'libvirt-client'] } : sub)) })),
      'libvirt-devel-0:12.1.0-1.el9.crpm0001.x86_64 requires, provides or holds other things than before',
    ],
    ['an RPM more', async () => rig.serve(libvirt({ ...LIBVIRT, subpackages: [...LIBVIRT.subpackages, { name: 'libvirt-docs' }] })), 'libvirt-docs-0:12.1.0-1.el9.crpm0001.x86_64 was not in the repository'],
    ['a WORKSPACE that was edited', () => { appendFileSync(join(rig.tree, 'WORKSPACE'), '# mine\n'); }, 'WORKSPACE is not what rpm-deps wrote'],
    ['a script that was edited', () => { appendFileSync(join(rig.tree, 'hack/rpm-deps.sh'), '# mine\n'); }, 'the config or the scripts of the KubeVirt tree changed'],
  ])('%s', async (_what, change, why) => {
    await change();
    await rig.rpmDeps();
    expect(whyScript()).toBe(why);
    expect((await rig.verify()).proof.complaints).toEqual([]);
  });

  test('an RPM less, which the proof then misses', async () => {
    await rig.serve(first.filter((rpm) => rpm.name !== 'qemu-pr-helper'));
    await expect(rig.rpmDeps()).rejects.toMatchObject({ failure: { class: 'proof' } });
    expect(whyScript()).toBe('qemu-pr-helper-17:10.1.0-20.el9.crpm0001.x86_64 is no longer in the repository');
  });

  test('with hot-swap and nothing else allowed, that is a failure that says so, and the tree stays', async () => {
    const strict = rigWith({ mode: 'hot-swap' });
    try {
      await strict.serve(first);
      await expect(strict.rpmDeps()).rejects.toMatchObject({ failure: { class: 'usage', message: 'rpmDeps.mode: hot-swap does not do here: rpm-deps has not run here yet' } });
      expect(readYielded(strict.tree)).toEqual(original);
      expect(existsSync(join(strict.workspace.state, 'kubevirt', 'tree'))).toBe(false);
    } finally {
      await strict.close();
    }
  });

  test('a record of the last run that was damaged', async () => {
    const record = join(rig.workspace.state, 'kubevirt', 'landed-cs9.json');
    writeFileSync(record, readFileSync(record, 'utf8').slice(0, 40));
    await rig.serve(second);
    await rig.rpmDeps();
    expect(whyScript()).toBe('rpm-deps has not run here yet');
  });
});
