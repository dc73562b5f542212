import { decidePatches, dropPatches, specPatches, stripLevel } from '@crpm/pipeline/build/patches';
import { firstReject } from '@crpm/pipeline/build/try-patches';
import { describe, expect, test } from 'vitest';

const SPEC = `Name: qemu-kvm
Source0: qemu-%{version}.tar.xz
Patch: 0000-first.patch
Patch0004: 0004-redhat.patch
Patch5: https://example.org/0005-url.patch
Source10: a.conf
%prep
%setup -q
%patch4 -p1
%patch -P5 -p1
%patch -P 0 -p1
%build
`;

describe('the patches of a spec', () => {
  test('are its Patch tags; one without a number counts on', () => {
    expect(specPatches(SPEC)).toEqual([
      { number: 0, file: '0000-first.patch' },
      { number: 4, file: '0004-redhat.patch' },
      { number: 5, file: '0005-url.patch' },
    ]);
  });

  test('go with their tags and with the lines that apply them; the rest stays byte for byte', () => {
    expect(dropPatches(SPEC, new Set([4, 5]))).toBe(`Name: qemu-kvm
Source0: qemu-%{version}.tar.xz
Patch: 0000-first.patch
Source10: a.conf
%prep
%setup -q
%patch -P 0 -p1
%build
`);
    expect(dropPatches(SPEC, new Set())).toBe(SPEC);
  });

  test('that stay keep their numbers, also where a tag has none', () => {
    expect(dropPatches('Patch: a\nPatch: b\nPatch: c\n%patch -P 0\n%patch -P 2\n', new Set([0, 1]))).toBe('Patch2: c\n%patch -P 2\n');
  });

  test('are stripped as the spec says, one folder where it says nothing', () => {
    expect(stripLevel('%autosetup -S git_am -p2 -n x\n')).toBe(2);
    expect(stripLevel('%patch12 -p0\n')).toBe(0);
    expect(stripLevel('%setup -q\n')).toBe(1);
  });
});

describe('which patches stay', () => {
  const patches = specPatches(SPEC);
  const upstream = { downstream: false, version: '10.1.0', specVersion: '10.1.0' };
  const keeps = (...args: Parameters<typeof decidePatches>) => {
    const decision = decidePatches(...args);
    return decision.kind === 'try' ? 'try' : [...decision.keep];
  };

  test('all, on the upstream version of the spec', () => {
    expect(keeps('auto', patches, upstream)).toEqual([0, 4, 5]);
  });
  test('none, on a downstream tree', () => {
    expect(keeps('auto', patches, { ...upstream, downstream: true })).toEqual([]);
  });
  test('those that fit, on any other tree: they must be tried', () => {
    expect(keeps('auto', patches, { ...upstream, version: '10.1.50' })).toBe('try');
    expect(keeps('auto', patches, { ...upstream, version: undefined })).toBe('try');
  });
  test('nothing is tried where there is no patch', () => {
    expect(keeps('auto', [], { ...upstream, version: '1' })).toEqual([]);
  });
  test('what the user says', () => {
    expect(keeps('keep', patches, { ...upstream, downstream: true })).toEqual([0, 4, 5]);
    expect(keeps('drop', patches, upstream)).toEqual([]);
    expect(keeps(['0004-redhat.patch'], patches, upstream)).toEqual([4]);
  });
});

describe('the first reject', () => {
  test('is named by hunk and file', () => {
    expect(firstReject(['patching file a.c', 'Hunk #1 succeeded at 3.', 'patching file block/io.c', 'Hunk #2 FAILED at 10.', 'Hunk #3 FAILED at 20.'])).toBe('hunk #2 of block/io.c');
  });
  test('is told for a file that does not exist, and for a change that is there already', () => {
    expect(firstReject(["can't find file to patch at input line 3"])).toBe('a file it changes does not exist');
    expect(firstReject(["can't find file to patch at input line 3", 'The text leading up to this was:', '|--- a/block/io.c', '|+++ b/block/io.c\t2024-01-01'])).toBe('block/io.c does not exist');
    expect(firstReject(['patching file a.c', 'Reversed (or previously applied) patch detected!  Skipping patch.'])).toBe('a.c has the change already');
  });
});
