import { describe, expect, it } from 'vitest';
import { foresee } from '../../src/predict/foresee.js';
import type { Prospect } from '../../src/predict/foresight.js';
import { resolverRpm, type WrittenRpm } from './universes.js';

const SYSTEM: WrittenRpm = { name: 'centos-stream-release', evr: '0:9-1.el9', arch: 'noarch' };
const TREE = { name: 'launcherbase_x86_64_cs9', basesystem: 'centos-stream-release', ignored: [], repoFiles: [] };

const sourceOf = (name: string) => (name.startsWith('qemu') ? 'qemu-kvm' : name.startsWith('libvirt') ? 'libvirt' : name);

function prospect(own: readonly WrittenRpm[], official: readonly WrittenRpm[], requests: readonly string[], more: Partial<Prospect> = {}): Prospect {
  return {
    arch: 'x86_64',
    trees: [{ ...TREE, requests }],
    own: own.map((rpm) => ({ ...resolverRpm(rpm), package: sourceOf(rpm.name) === 'qemu-kvm' ? 'qemu' : 'libvirt', source: sourceOf(rpm.name) })),
    ownFrom: 'built',
    official: [{ name: 'official', rpms: [SYSTEM, ...official].map((rpm) => ({ ...resolverRpm(rpm), source: sourceOf(rpm.name) })) }],
    complete: true,
    allowOfficial: [],
    pins: {},
    ...more,
  };
}

describe('foresee', () => {
  it('has nothing to say of a build that is newer, complete and pinned', () => {
    const own = [{ name: 'libvirt-client', evr: '0:12.5.0-1.el9.crpm0001', requires: ['libvirt-libs = 0:12.5.0-1.el9.crpm0001'] }, { name: 'libvirt-libs', evr: '0:12.5.0-1.el9.crpm0001' }];
    const official = [{ name: 'libvirt-client', evr: '0:12.5.0-1.el9', requires: ['libvirt-libs = 0:12.5.0-1.el9'] }, { name: 'libvirt-libs', evr: '0:12.5.0-1.el9' }];
    expect(foresee(prospect(own, official, ['libvirt-client-0:12.5.0-1.el9.crpm0001']))).toEqual([]);
  });

  it('warns of a version that the distribution has too, and what that leads to', () => {
    const rpms = [{ name: 'qemu-img', evr: '17:10.1.0-20.el9' }];
    expect(foresee(prospect(rpms, rpms, ['qemu-img-17:10.1.0-20.el9']))).toEqual([
      {
        severity: 'warning',
        hazard: 'equal-evr',
        message: "qemu-img 17:10.1.0-20.el9 of qemu has the very version of the distribution's: which of the two KubeVirt takes depends on the version of its resolver",
        next: 'Set release: stable or unique in the config, so that the build has a version of its own.',
      },
      expect.objectContaining({
        hazard: 'depends-on-version',
        message:
          "launcherbase_x86_64_cs9: what it gets depends on the version of KubeVirt's resolver: v0.5.9 (2024-01): official qemu-img-17:10.1.0-20.el9; 85bebc4 (2024-12): all ours; v0.99.1 (2025-07): all ours; 955f4b6 (2026-01): all ours",
      }),
    ]);
  });

  it('warns of a version that is the beginning of another: the resolver may take that one', () => {
    const own = [{ name: 'qemu-img', evr: '17:10.1.0-20.el9' }];
    const found = foresee(prospect(own, [{ name: 'qemu-img', evr: '17:10.1.0-20.el9_8.1' }], ['qemu-img-17:10.1.0-20.el9']));
    expect(found).toContainEqual({
      severity: 'warning',
      hazard: 'prefix-clash',
      message: "qemu-img 17:10.1.0-20.el9 of qemu is the beginning of 17:10.1.0-20.el9_8.1: KubeVirt's resolver takes a version for the beginning of one, so that it may take that other RPM",
      next: 'Set release: stable or unique in the config, and have one build of each RPM: then no version is the beginning of another.',
    });
    const twice = [{ name: 'qemu-img', evr: '17:10.1.0-20.el9.a1' }, { name: 'qemu-img', evr: '17:10.1.0-20.el9.a10' }];
    expect(foresee(prospect(twice, [], ['qemu-img-17:10.1.0-20.el9.a1'])).map(({ hazard }) => hazard)).toContain('prefix-clash');
  });

  it('warns of a build that is older than the official one, and of qemu-pr-helper that stays behind with some resolvers', () => {
    const own = [{ name: 'qemu-img', evr: '17:10.1.0-12.el9.c01' }, { name: 'qemu-pr-helper', evr: '17:10.1.0-12.el9.c01' }];
    const official = [{ name: 'qemu-img', evr: '17:10.1.0-20.el9' }, { name: 'qemu-pr-helper', evr: '17:10.1.0-20.el9' }];
    const found = foresee(prospect(own, official, ['qemu-img-17:10.1.0-12.el9.c01', 'qemu-pr-helper']));
    expect(found.map(({ hazard }) => hazard)).toEqual(['older-than-official', 'depends-on-version']);
    expect(found[0]?.message).toBe("qemu-pr-helper 17:10.1.0-12.el9.c01 of qemu is older than the distribution's 17:10.1.0-20.el9, and not everything that leads to it asks for a version: there the distribution's is taken");
  });

  it('warns of an RPM that nothing asks for by version and that every resolver leaves official, once for all trees', () => {
    const own = [{ name: 'libvirt-client', evr: '0:11.0.0-1.el9.c01', requires: ['libvirt-daemon-log'] }, { name: 'libvirt-daemon-log', evr: '0:11.0.0-1.el9.c01' }];
    const requests = ['libvirt-client-0:11.0.0-1.el9.c01'];
    const trees = ['launcherbase_x86_64_cs9', 'libguestfs-tools_x86_64_cs9'].map((name) => ({ ...TREE, name, requests }));
    const found = foresee(prospect(own, [{ name: 'libvirt-daemon-log', evr: '0:12.5.0-1.el9' }], requests, { trees }));
    expect(found[1]).toEqual({
      severity: 'warning',
      hazard: 'left-behind',
      message: "launcherbase_x86_64_cs9, libguestfs-tools_x86_64_cs9: takes the distribution's libvirt-daemon-log-0:12.5.0-1.el9 and not ours, 0:11.0.0-1.el9.c01, for nothing asks for our version of it",
      next: 'Make the build newer than 0:12.5.0-1.el9: a current spec, and release: stable.',
    });
  });

  it('knows the request for another RPM whose name begins with ours', () => {
    const own = [{ name: 'swtpm', evr: '0:0.8.0-2.el9.c01' }];
    const official = [{ name: 'swtpm-tools', evr: '0:0.8.0-2.el9', requires: ['swtpm = 0:0.8.0-2.el9'] }, { name: 'swtpm', evr: '0:0.8.0-2.el9' }];
    expect(foresee(prospect(own, official, ['swtpm-tools-0:0.8.0-2.el9'])).map(({ severity, hazard }) => [severity, hazard])).toEqual([['warning', 'left-behind']]);
  });

  it('warns of an official RPM that would bring the official library in beside ours, with resolvers that allow it', () => {
    const own = [{ name: 'libvirt-client', evr: '0:12.5.0-1.el9.c01', requires: ['libvirt-libs = 0:12.5.0-1.el9.c01'] }, { name: 'libvirt-libs', evr: '0:12.5.0-1.el9.c01' }];
    const official = [{ name: 'libvirt-nss', evr: '0:12.5.0-1.el9', requires: ['libvirt-libs = 0:12.5.0-1.el9'] }, { name: 'libvirt-libs', evr: '0:12.5.0-1.el9' }];
    expect(foresee(prospect(own, official, ['libvirt-client-0:12.5.0-1.el9.c01', 'libvirt-nss']))).toEqual([
      {
        severity: 'warning',
        hazard: 'two-evrs',
        message: "launcherbase_x86_64_cs9: gets libvirt-libs twice or not at all, ours and the distribution's 0:12.5.0-1.el9: libvirt-nss-0:12.5.0-1.el9 wants that one exactly",
        next: 'Build libvirt-nss too: do not leave it out of libvirt.',
      },
    ]);
  });

  it('warns of what comes from the same source and was not built, unless it is allowed', () => {
    const own = [{ name: 'libvirt-daemon-driver-qemu', evr: '0:12.5.0-1.el9.c01', requires: ['libvirt-daemon-log'] }];
    const official = [{ name: 'libvirt-daemon-log', evr: '0:12.5.0-1.el9' }];
    const requests = ['libvirt-daemon-driver-qemu-0:12.5.0-1.el9.c01'];
    expect(foresee(prospect(own, official, requests))).toEqual([
      {
        severity: 'warning',
        hazard: 'official-sibling',
        message: 'launcherbase_x86_64_cs9: takes libvirt-daemon-log-0:12.5.0-1.el9 of the distribution, which comes from the same source as libvirt-daemon-driver-qemu and was not built here',
        next: 'Build it too, or allow it: rpmDeps.allowOfficial: [libvirt-daemon-log].',
      },
    ]);
    expect(foresee(prospect(own, official, requests, { allowOfficial: ['libvirt-daemon-log'] }))).toEqual([]);
  });

  it('is an error where ours can not be chosen at all: the requirement that nothing meets, and the newest that there is', () => {
    const own = [{ name: 'libvirt-client', evr: '0:12.1.0-1.el9', requires: ['libvirt-libs = 0:12.2.0-1.el9'] }];
    const libs = [{ name: 'libvirt-libs', evr: '0:12.5.0-1.el9' }];
    const error = {
      severity: 'error',
      hazard: 'not-chosen',
      message: 'launcherbase_x86_64_cs9: has no solution: libvirt-client-0:12.1.0-1.el9 requires libvirt-libs = 0:12.2.0-1.el9, which no repository has; the newest libvirt-libs is 0:12.5.0-1.el9',
      next: 'Build what is missing too, or correct the requirement in the spec.',
    };
    expect(foresee(prospect(own, libs, ['libvirt-client-0:12.1.0-1.el9']))).toEqual([error]);
    // Of what is not built yet another package may still bring it.
    expect(foresee(prospect(own, libs, ['libvirt-client-0:12.1.0-1.el9'], { ownFrom: 'foretold' }))).toEqual([{ ...error, severity: 'warning' }]);
  });

  it('is an error where a pin has rotted: the newest that all RPMs of that variable have, and the line to set', () => {
    const official = [{ name: 'passt', evr: '0:1-1.el9' }, { name: 'passt', evr: '0:2-1.el9' }, { name: 'passt', evr: '0:3-1.el9' }, { name: 'passt-selinux', evr: '0:2-1.el9' }];
    expect(foresee(prospect([], official, ['passt-0:0.9-1.el9'], { pins: { PASST_VERSION: ['passt', 'passt-selinux'] } }))).toEqual([
      {
        severity: 'error',
        hazard: 'rotten-pin',
        message: 'launcherbase_x86_64_cs9: asks for passt-0:0.9-1.el9, which is no longer in any repository; the newest passt is 0:3-1.el9',
        next: 'Set rpmDeps.versions: { PASST_VERSION: 0:2-1.el9 } in the config, or update the KubeVirt tree.',
      },
    ]);
  });

  describe('with names and versions of the distribution alone', () => {
    const rules = { complete: false };

    it('says nothing of what it can not see', () => {
      const own = [{ name: 'libvirt-client', evr: '0:12.5.0-1.el9.c01', requires: ['glibc'] }];
      expect(foresee(prospect(own, [{ name: 'libvirt-client', evr: '0:12.5.0-1.el9' }], ['libvirt-client-0:12.5.0-1.el9.c01', 'passt-0:1-1.el9'], rules))).toEqual([]);
    });

    it('still compares versions', () => {
      const own = [{ name: 'libvirt-client', evr: '0:12.5.0-1.el9' }];
      const found = foresee(prospect(own, [{ name: 'libvirt-client', evr: '0:12.5.0-1.el9' }], ['libvirt-client-0:12.5.0-1.el9'], rules));
      expect(found.map(({ hazard }) => hazard)).toEqual(['equal-evr']);
    });

    it('is an error that an RPM is asked for in our version and not made, or required so by one that is asked for', () => {
      const own = [{ name: 'qemu-img', evr: '17:10.1.0-20.el9.c01' }];
      const request = 'qemu-kvm-core-17:10.1.0-20.el9.c01';
      expect(foresee(prospect(own, [], ['qemu-img-17:10.1.0-20.el9.c01', request], { ...rules, pins: { QEMU_VERSION: ['qemu-kvm-core'] } }))).toEqual([
        {
          severity: 'error',
          hazard: 'not-chosen',
          message: 'launcherbase_x86_64_cs9: asks for qemu-kvm-core-17:10.1.0-20.el9.c01 (QEMU_VERSION), but qemu does not make qemu-kvm-core',
          next: 'Let the spec make it: it needs a %files section for it, and no build.without or build.defines that leaves it out.',
        },
      ]);
      const needing = [...own, { name: 'qemu-kvm-core', evr: '17:10.1.0-20.el9.c01', requires: ['qemu-kvm-common(x86-64) = 17:10.1.0-20.el9.c01', 'qemu-img(x86-64) = 17:10.1.0-20.el9.c01'] }];
      expect(foresee(prospect(needing, [], [request], rules)).map(({ message }) => message)).toEqual([
        'launcherbase_x86_64_cs9: qemu-kvm-core-17:10.1.0-20.el9.c01 requires qemu-kvm-common(x86-64) in its own version, which qemu does not make and nobody else has',
      ]);
      // What no tree leads to may lack what it likes.
      expect(foresee(prospect(needing, [], ['qemu-img-17:10.1.0-20.el9.c01'], rules))).toEqual([]);
    });

    it('is none where the distribution has that version too', () => {
      expect(foresee(prospect([{ name: 'qemu-img', evr: '17:1-1.el9' }], [{ name: 'qemu-img', evr: '17:1-1.el9' }], ['qemu-kvm-core-17:1-1.el9'], rules)).map(({ severity }) => severity)).toEqual(['warning']);
    });
  });
});
