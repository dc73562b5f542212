import { describe, expect, it } from 'vitest';
import { prove, repairAddresses } from '../../src/proof/index.js';
import { evidenceOf, goldenCases } from './golden.js';

const OFFICIAL = 'http://BASE/official';
const messages = (name: string, version: string, change: object = {}) => prove({ ...evidenceOf(name, version), ...change }).complaints.map((complaint) => complaint.message);

/** What the judge says of each experiment, by the checks that fail; version groups that differ stand apart. */
const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  'huge-number': ['built-twice', 'other-evr'],
  'no-pin-newest v0.5.9': ['zero-taken', 'other-evr'],
  'no-pin-newest 955f4b6': ['zero-taken', 'other-evr'],
  'official-wants-official': ['two-evrs', 'not-built'],
  'pr-helper-left-behind v0.5.9': ['other-evr'],
  'pr-helper-left-behind 955f4b6': ['other-evr'],
  'prefix-pin': ['built-twice', 'other-evr'],
  'same-evr-dependency v0.5.9': ['other-bytes'],
  'same-evr-requested v0.5.9': ['zero-taken', 'other-bytes'],
  'server-moved': ['address'],
  'stale-build': ['built-twice', 'other-evr'],
  'subpackage-not-built': ['not-built'],
};

describe('what four versions of bazeldnf really wrote', () => {
  for (const golden of goldenCases) {
    for (const { versions, exit } of golden.results) {
      const version = versions[0]?.split(' ')[0] ?? '';
      // Where bazeldnf itself ended with an error there is nothing to judge.
      if (exit !== 0) continue;
      const expected = VERDICTS[`${golden.case} ${version}`] ?? VERDICTS[golden.case] ?? [];
      it(`${golden.case}, ${version}: ${expected.join(', ') || 'proven'}`, () => {
        const proof = prove(evidenceOf(golden.case, version));
        expect(proof.complaints.map((complaint) => complaint.check)).toEqual(expected);
        expect(proof.proven).toBe(expected.length === 0);
      });
    }
  }

  it('are 33 experiments', () => {
    expect(goldenCases).toHaveLength(33);
  });
});

describe('each wrong outcome has a message of its own', () => {
  it('another EVR was chosen', () => {
    const proof = prove(evidenceOf('pr-helper-left-behind', 'v0.99.1'));
    expect(proof.complaints).toEqual([
      {
        check: 'other-evr',
        message: `t_x86_64: KubeVirt took qemu-pr-helper 17:10.1.0-20.el9, not the 17:10.1.0-12.el9.c01 that was built; it comes from ${OFFICIAL}/qemu-pr-helper-10.1.0-20.el9.x86_64.rpm`,
        next: 'Check that rpm-deps asks for qemu-pr-helper-17:10.1.0-12.el9.c01 and that no other build is newer, then run again.',
      },
    ]);
    expect(proof.rows).toEqual([
      { name: 'qemu-img', evr: '17:10.1.0-12.el9.c01', arch: 'x86_64', rpmArch: 'x86_64', stream: 9, package: 'qemu', trees: ['t_x86_64'], verdict: 'taken', message: 'in 1 tree' },
      { name: 'qemu-pr-helper', evr: '17:10.1.0-12.el9.c01', arch: 'x86_64', rpmArch: 'x86_64', stream: 9, package: 'qemu', trees: [], verdict: 'not taken', message: 'another EVR was chosen' },
    ]);
  });

  it('an official RPM of the same EVR', () => {
    expect(messages('same-evr-requested', 'v0.5.9')).toEqual([
      'x86_64: KubeVirt took none of the RPMs that were built: qemu-img',
      `t_x86_64: qemu-img 17:10.1.0-20.el9 is not the RPM that was built: its sha256 is b47e8ea3f674198f3597cb5c5e5cd1616355b33336c8640a137d617e056532b0, the build's a080dcfae92861a4e9a9590bcaa11427df5be43a347586f0df07712f0911920d; it comes from ${OFFICIAL}/qemu-img-10.1.0-20.el9.x86_64.rpm`,
    ]);
  });

  it('two EVRs of one name in a tree', () => {
    expect(messages('official-wants-official', 'v0.99.1', { allowOfficial: ['libvirt-nss'] })).toEqual([
      `t_x86_64: holds libvirt-libs twice, 0:12.5.0-1.el9.c01 that was built and 0:12.5.0-1.el9 from ${OFFICIAL}/libvirt-libs-12.5.0-1.el9.x86_64.rpm`,
    ]);
  });

  it('an official subpackage of our source package beside ours, unless the config allows it', () => {
    expect(messages('subpackage-not-built', 'v0.99.1')).toEqual([
      't_x86_64: libvirt-daemon-log 0:12.5.0-1.el9 is an official RPM of libvirt, beside RPMs of libvirt that were built',
    ]);
    expect(messages('subpackage-not-built', 'v0.99.1', { allowOfficial: ['libvirt-daemon-log'] })).toEqual([]);
  });

  it('a dead address, which is repaired and then proven', () => {
    const evidence = evidenceOf('server-moved', 'v0.99.1');
    const file = 'libvirt-libs-12.1.99-1.el9.x86_64.rpm';
    expect(prove(evidence).complaints.map((complaint) => complaint.message)).toEqual([
      `WORKSPACE: libvirt-libs-0__12.1.99-1.el9.x86_64 has the right bytes and the wrong address: http://OLD/custom/${file}, and the RPM is served at http://NEW/custom/${file}`,
    ]);
    const { text, repaired } = repairAddresses(evidence.after.workspace, evidence.custom);
    expect(repaired).toEqual([{ rule: 'libvirt-libs-0__12.1.99-1.el9.x86_64', from: `http://OLD/custom/${file}`, to: `http://NEW/custom/${file}` }]);
    expect(text).toBe(evidence.after.workspace.replace('http://OLD/custom', 'http://NEW/custom'));
    expect(prove({ ...evidence, after: { ...evidence.after, workspace: text } }).complaints).toEqual([]);
    expect(repairAddresses(text, evidence.custom)).toEqual({ text, repaired: [] });
  });

  it('none was taken', () => {
    const evidence = evidenceOf('plain-pin', 'v0.99.1');
    const official = evidenceOf('other-package-drifts', 'v0.99.1').after;
    const none = { workspace: '', build: official.build.replace(/.*libvirt-libs.*\n/, '').replace(/.*@.*\n/g, '') };
    expect(prove({ ...evidence, after: none, before: { workspace: '', build: '' } }).complaints.map((complaint) => complaint.message)).toEqual([
      'x86_64: KubeVirt took none of the RPMs that were built: libvirt-libs',
      'no tree of x86_64 holds libvirt-libs, which hack/rpm-deps.sh asks for by version',
    ]);
  });

  it('an address that answers other bytes, nothing, or was never asked', () => {
    const evidence = evidenceOf('plain-pin', 'v0.99.1');
    const [rpm] = evidence.custom;
    if (!rpm) return expect.fail();
    const answered = (answers: typeof evidence.answers) => prove({ ...evidence, answers }).complaints.map((complaint) => complaint.message);
    expect(answered(new Map([[rpm.url, { sha256: '0'.repeat(64) }]]))).toEqual([
      `${rpm.url} answers other bytes: their sha256 is ${'0'.repeat(64)}, the build's ${rpm.sha256}`,
    ]);
    expect(answered(new Map([[rpm.url, { error: 'connect ECONNREFUSED' }]]))).toEqual([`${rpm.url} does not answer: connect ECONNREFUSED`]);
    expect(answered(new Map())).toEqual([`${rpm.url} does not answer: it was not asked`]);
  });
});

it('a stand-in resolver demonstrates and does not prove', () => {
  const evidence = evidenceOf('plain-pin', 'v0.99.1');
  expect(prove({ ...evidence, resolver: { name: 'stand-in', standIn: true } })).toMatchObject({ holds: true, proven: false, standing: 'demonstration', resolver: 'stand-in' });
  expect(prove(evidence).standing).toBe('proof');
});
