import type { TreeRecord } from '@crpm/pipeline/build-tree/record';
import { reuse } from '@crpm/pipeline/build-tree/reuse';
import { rpmbuildInPlaceKind } from '@crpm/pipeline/kinds/rpmbuild-in-place';
import { makeManifest, type ManifestEntry } from '@crpm/sources';
import { describe, expect, test } from 'vitest';

const file = (path: string, content = 'a'): ManifestEntry => ({ type: 'file', path, mode: 0o644, size: content.length, sha256: Buffer.from(content).toString('hex').padEnd(64, '0') });
const tree = makeManifest([file('libvirt.spec.in'), file('meson.build'), file('src/a.c')]);
const wanted = { tree, options: 'o', specInputs: ['libvirt.spec.in', 'meson.build', 'VERSION'] };
const record: TreeRecord = { token: 't', writer: 'nothing', ninja: true, path: 'rpmbuild/BUILD/x', spec: 'libvirt.spec', tree, options: 'o' };
const clean = (...args: Parameters<typeof reuse>) => (reuse(...args) as { clean?: string }).clean;

describe('a build tree is used again', () => {
  test('when its last build came to its end, or was cut while ninja alone wrote', () => {
    const changed = { ...wanted, tree: makeManifest([file('libvirt.spec.in'), file('meson.build'), file('src/a.c', 'b')]) };
    expect(reuse(record, changed)).toMatchObject({ send: new Set(['src/a.c']) });
    expect(reuse({ ...record, writer: 'ninja' }, changed)).toMatchObject({ send: new Set(['src/a.c']) });
  });

  test.each([
    ['there is none', undefined, wanted, 'it is the first in this build root with these options'],
    ['it was cut while anything may have written', { ...record, writer: 'anything' }, wanted, 'the last one was cut short, or failed before it compiled'],
    ['ninja does not drive the build', { ...record, ninja: false }, wanted, 'this one is not driven by ninja, which alone notices all that changed'],
    ['the build writes to its own tree', { ...record, changed: 'po/de.po' }, wanted, 'po/de.po is a file of the tree that the build itself changes'],
    ['patches of the config changed', record, { ...wanted, options: 'p' }, 'how the tree is made changed'],
    ['the template of the spec changed', record, { ...wanted, tree: makeManifest([file('libvirt.spec.in', 'b'), file('meson.build'), file('src/a.c')]) }, 'libvirt.spec.in changed, which the spec or %prep reads'],
    ['a version file came that the spec is filled in from', record, { ...wanted, tree: makeManifest([...tree.entries, file('VERSION')]) }, 'VERSION changed, which the spec or %prep reads'],
    ['a patch changed', { ...record, distGit: makeManifest([file('1.patch')]) }, { ...wanted, distGit: makeManifest([file('1.patch', 'b')]) }, '1.patch changed, which the spec or %prep reads'],
    ['the spec moved into a dist-git folder', record, { ...wanted, distGit: makeManifest([file('x.spec')]) }, 'the dist-git folder changed, which the spec or %prep reads'],
  ] as const)('not when %s', (_, known, now, why) => {
    expect(clean(known, now)).toBe(why);
  });
});

describe('the build after a clean one is expected to be', () => {
  test('clean again where ninja does not drive it or it writes to its own tree, else incremental', () => {
    const recurs = (...known: Parameters<typeof reuse>) => 'recurs' in reuse(...known);
    expect(recurs({ ...record, ninja: false }, wanted)).toBe(true);
    expect(recurs({ ...record, changed: 'po/de.po' }, wanted)).toBe(true);
    expect(recurs(undefined, wanted)).toBe(false);
    expect(recurs(record, { ...wanted, options: 'p' })).toBe(false);
  });

  test('clean where that is asked for', () => {
    const first = { package: 'libvirt', rpms: [], here: { clean: clean(undefined, wanted) ?? '' } };
    const after = (cleanBuild: boolean) => rpmbuildInPlaceKind({ cleanBuild }).ways;
    expect([after(false)?.took(first), after(false)?.next(first), after(true)?.next(first)]).toEqual(['clean', 'incremental', 'clean']);
    expect(after(false)?.next({ ...first, here: { ...first.here, cleanAgain: true } })).toBe('clean');
    expect(after(false)?.took({ package: 'libvirt', rpms: [] })).toBe('incremental');
  });
});
