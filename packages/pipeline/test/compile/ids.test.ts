import type { Arch, Config } from '@crpm/core';
import { placeId, places, readPlace } from '@crpm/pipeline/compile/ids';
import { expect, test } from 'vitest';

import { centosStream } from '../support/config.js';

const ARCHES: readonly Arch[] = ['x86_64', 'aarch64', 's390x'];
const matrix = (arches: readonly Arch[], streams: readonly number[]): Pick<Config, 'arches' | 'basesystems'> => ({ arches, basesystems: streams.map(centosStream) });
const NINE = centosStream(9);
const TEN = centosStream(10);

test('an id says what there is a choice of: nothing, the architecture, the stream, or both as KubeVirt names its trees', () => {
  const place = { arch: 'aarch64', basesystem: TEN } as const;
  expect(placeId(matrix(['aarch64'], [10]), 'libvirt.rpmbuild', place)).toBe('libvirt.rpmbuild');
  expect(placeId(matrix(ARCHES, [10]), 'libvirt.rpmbuild', place)).toBe('libvirt.rpmbuild@aarch64');
  expect(placeId(matrix(['aarch64'], [9, 10]), 'libvirt.rpmbuild', place)).toBe('libvirt.rpmbuild@cs10');
  expect(placeId(matrix(ARCHES, [9, 10]), 'libvirt.rpmbuild', place)).toBe('libvirt.rpmbuild@aarch64_cs10');
});

test('what is for all architectures, or all streams, carries none', () => {
  const all = matrix(ARCHES, [9, 10]);
  expect(placeId(all, 'qemu.source', {})).toBe('qemu.source');
  expect(placeId(all, 'qemu.source', { basesystem: TEN })).toBe('qemu.source@cs10');
  expect(placeId(all, 'base', { arch: 's390x' })).toBe('base@s390x');
});

test('an id that was put together comes apart again', () => {
  for (const arches of [ARCHES, ['x86_64'] as const]) {
    for (const streams of [[9, 10], [9]]) {
      const config = matrix(arches, streams);
      for (const { arch, basesystem } of places(config)) {
        const several = { ...(arches.length > 1 && { arch }), ...(streams.length > 1 && { stream: basesystem.stream }) };
        expect(readPlace(placeId(config, 'a.b-x_86.rpmbuild', { arch, basesystem }))).toEqual({ id: 'a.b-x_86.rpmbuild', ...several });
      }
    }
  }
  expect(readPlace('smoke_cs10')).toEqual({ id: 'smoke_cs10' });
});

test('places go by base system, then by architecture', () => {
  expect(places({ arches: ['x86_64', 's390x'], basesystems: [NINE, TEN] }).map(({ arch, basesystem }) => `${basesystem.name} ${arch}`)).toEqual([
    'centos-stream-9 x86_64',
    'centos-stream-9 s390x',
    'centos-stream-10 x86_64',
    'centos-stream-10 s390x',
  ]);
});
