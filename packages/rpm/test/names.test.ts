import { describe, expect, it } from 'vitest';
import { formatEvr, isVersionPin, parseEvr, parseNevra, ruleNameOf, ruleNameToNevra, sourceName } from '@crpm/rpm';

describe('an EVR', () => {
  it('is read with and without its epoch and written with it', () => {
    expect(parseEvr('17:10.1.0-20.el9')).toEqual({ epoch: 17, version: '10.1.0', release: '20.el9' });
    expect(formatEvr(parseEvr('0^20260611.ga9c61ff-1.el9') ?? expect.fail())).toBe('0:0^20260611.ga9c61ff-1.el9');
  });

  it('is nothing else', () => {
    for (const text of ['', '1.0', '1-2-3', 'a:1-2', '1:1', ':1-1', '1-1 ', '1-1\n', '99999999999:1-1', '4294967296:1-1', '1:1-$x']) {
      expect(parseEvr(text), text).toBeUndefined();
    }
  });
});

describe('a version for KubeVirt’s script', () => {
  it('needs epoch, version and release', () => {
    expect(['0:11.10.0-12.el9', '17:10.1.0-20.el9', '0:0^20260611.ga9c61ff-1.el9', '0:1.0~rc1-1'].every(isVersionPin)).toBe(true);
    expect(['', '10.1.0-20.el9', '17:10.1.0'].some(isVersionPin)).toBe(false);
  });

  it('can carry nothing that a shell reads', () => {
    for (const bad of [';touch x', '$(id)', '`id`', '\n', ' ', '"', "'", '&', '|', '\\', '\0', '/', '*', '=']) {
      expect(isVersionPin(`0:1${bad}-1`), bad).toBe(false);
      expect(isVersionPin(`0:1-1${bad}`), bad).toBe(false);
      expect(isVersionPin(`${bad}0:1-1`), bad).toBe(false);
    }
  });
});

describe('the name of an rpm() rule', () => {
  const names = [
    ['libstdc__plus____plus__-2__1.0-1.el9.x86_64', 'libstdc++', '2:1.0-1.el9', 'x86_64'],
    ['passt-0__0__caret__20260611.ga9c61ff-1.el9.x86_64', 'passt', '0:0^20260611.ga9c61ff-1.el9', 'x86_64'],
    ['swtpm-0__0.9.0__tilde__rc1-1.el9.aarch64', 'swtpm', '0:0.9.0~rc1-1.el9', 'aarch64'],
    ['ca-certificates-0__2026.2.90_v9.0.316-90.0.el9.noarch', 'ca-certificates', '0:2026.2.90_v9.0.316-90.0.el9', 'noarch'],
    ['python3-foo__bar-0__1.0-1.x86_64', 'python3-foo__bar', '0:1.0-1', 'x86_64'],
  ] as const;

  it('is read and written with its escapes', () => {
    for (const [rule, name, evr, arch] of names) {
      const nevra = ruleNameToNevra(rule) ?? expect.fail(rule);
      expect([nevra.name, formatEvr(nevra), nevra.arch]).toEqual([name, evr, arch]);
      expect(ruleNameOf(nevra)).toBe(rule);
    }
  });

  it('is nothing that lacks a part', () => {
    for (const rule of ['bash', 'bash-5.1-1.x86_64', 'bash-0__5.1.x86_64', 'bash-0__5.1-1']) expect(ruleNameToNevra(rule), rule).toBeUndefined();
  });
});

it('a NEVRA and a source RPM are read from their text', () => {
  expect(parseNevra('qemu-kvm-core-17:10.1.0-20.el9.x86_64')).toEqual({ name: 'qemu-kvm-core', epoch: 17, version: '10.1.0', release: '20.el9', arch: 'x86_64' });
  expect(parseNevra('qemu')).toBeUndefined();
  expect(sourceName('qemu-kvm-10.1.0-20.el9.src.rpm')).toBe('qemu-kvm');
  expect(sourceName('qemu-kvm.rpm')).toBeUndefined();
});
