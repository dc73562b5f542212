import { missingSiblings } from '@crpm/pipeline/build/siblings';
import { parsePartialEvr, type Relation, type RpmHeader } from '@crpm/rpm';
import { expect, test } from 'vitest';

/** `libvirt-libs(x86-64) = 0:1-1` */
function relation(text: string): Relation {
  const [name = '', op, evr] = text.split(' ');
  return op === undefined || evr === undefined ? { name } : { name, op: op as NonNullable<Relation['op']>, evr: parsePartialEvr(evr) };
}

const qemu = (name: string, requires: readonly string[]): RpmHeader => ({
  name, epoch: 17, version: '10.1.0', release: '20.el9', arch: 'x86_64', sourcerpm: 'qemu-kvm-10.1.0-20.el9.src.rpm', files: [],
  requires: requires.map(relation),
  provides: [`${name} = 17:10.1.0-20.el9`, `${name}(x86-64) = 17:10.1.0-20.el9`].map(relation),
});

test('a sibling that was built is not missing, nor is what another package is to provide', () => {
  const common = qemu('qemu-kvm-common', []);
  const core = qemu('qemu-kvm-core', ['qemu-kvm-common = 17:10.1.0-20.el9', 'qemu-kvm-common(x86-64) = 17:10.1.0-20.el9', 'edk2-ovmf >= 20220126', 'glibc', 'libvirt-libs = 0:12.5.0-1.el9']);
  expect(missingSiblings(core, [core, common])).toEqual([]);
});

test('a sibling that was not built is named once, without its architecture', () => {
  const core = qemu('qemu-kvm-core', ['qemu-kvm-common = 17:10.1.0-20.el9', 'qemu-kvm-common(x86-64) = 17:10.1.0-20.el9', 'qemu-img = 17:10.1.0-20.el9']);
  expect(missingSiblings(core, [core])).toEqual(['qemu-img', 'qemu-kvm-common']);
});

test('a require that forgot the epoch is met by nobody', () => {
  const common = qemu('qemu-kvm-common', []);
  const core = qemu('qemu-kvm-core', ['qemu-kvm-common = 10.1.0-20.el9']);
  expect(missingSiblings(core, [core, common])).toEqual(['qemu-kvm-common']);
});
