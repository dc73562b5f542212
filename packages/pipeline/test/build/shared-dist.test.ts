import { checkSharedDist } from '@crpm/pipeline/build/shared-dist';
import type { Json } from '@crpm/core';
import { describe, expect, test } from 'vitest';

import type { DistParams } from '../../src/params.js';

const params: DistParams = { package: 'libvirt', arch: 'x86_64', method: 'meson', spec: { in: 'tree' }, options: { macros: {}, defines: {}, with: [], without: [] }, patches: 'auto', network: 'bridge' };
const good = { archive: 'archive/libvirt-1.tar.xz', spec: 'spec/libvirt.spec', droppedPatches: ['a.patch'], elsewhere: [{ name: 'x.tar.gz', algorithm: 'sha512', hex: 'a'.repeat(128) }] };
const why = (data: Json, paths: readonly string[] = ['archive/libvirt-1.tar.xz', 'spec/libvirt.spec'], method: DistParams['method'] = 'meson') =>
  checkSharedDist({ ...params, method }, { dir: '/nowhere', files: paths.map((path) => ({ path, size: 1, digest: `sha256:${'0'.repeat(64)}` })), data, digest: '' });

test('a source archive and its spec are taken', async () => {
  expect(await why(good)).toBeUndefined();
  expect(await why({ spec: good.spec, droppedPatches: [], elsewhere: [] }, ['spec/libvirt.spec'], 'none')).toBeUndefined();
});

describe('is refused:', () => {
  const cases: readonly [string, Json, (readonly string[])?][] = [
    ['a spec elsewhere', { ...good, spec: '../../etc/passwd' }],
    ['a spec that is not there', { ...good, spec: 'spec/other.spec' }],
    ['an archive elsewhere', { ...good, archive: 'archive/../../x' }, ['archive/../../x', 'spec/libvirt.spec']],
    ['an archive in a folder', { ...good, archive: 'archive/a/b' }, ['archive/a/b', 'spec/libvirt.spec']],
    ['no archive', { ...good, archive: null }],
    ['files besides', good, ['archive/libvirt-1.tar.xz', 'spec/libvirt.spec', 'spec/more']],
    ['facts besides', { ...good, here: { image: 'x' } }],
    ['a patch with a path', { ...good, droppedPatches: ['../x'] }],
    ['patches without names', { ...good, droppedPatches: [1] }],
    ['a file from elsewhere with a path', { ...good, elsewhere: [{ name: '../x', algorithm: 'sha512', hex: 'a'.repeat(128) }] }],
    ['a file from elsewhere in two lines', { ...good, elsewhere: [{ name: `x) = ${'a'.repeat(128)}\nSHA512 (y`, algorithm: 'sha512', hex: 'a'.repeat(128) }] }],
    ['a file from elsewhere without a digest', { ...good, elsewhere: [{ name: 'x', algorithm: 'sha512', hex: '' }] }],
    ['a file from elsewhere that tells more', { ...good, elsewhere: [{ name: 'x', algorithm: 'sha512', hex: 'a'.repeat(128), url: 'http://evil' }] }],
    ['nothing', null],
    ['a list', []],
  ];
  test.each(cases.map(([title, data, paths]) => ({ title, data, paths })))('$title', async ({ data, paths }) => {
    expect(await why(data, paths)).toEqual(expect.any(String));
  });
});
