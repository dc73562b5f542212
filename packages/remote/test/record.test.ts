import { describe, expect, it } from 'vitest';
import { fingerprintOfTag, manifestOf, parseManifest, tagOf } from '../src/artifact.js';
import { formatRecord, parseRecord, resultIn, type ResultRecord } from '../src/record.js';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const record: ResultRecord = {
  format: 1, fingerprint: digest('1'), node: 'libvirt.rpmbuild', kind: 'rpmbuild', at: '2026-11-26T10:00:00.000Z', ms: 61_000,
  inputs: [{ name: 'kind', value: 'rpmbuild' }],
  files: [{ path: 'a.rpm', size: 3, digest: digest('2') }, { path: 'sub/b.rpm', size: 4, digest: digest('3') }],
  data: { package: 'libvirt', rpms: [] }, digest: digest('4'), by: 'ci@builder', crpm: '0.1.0',
};
const parse = (change: object) => parseRecord(Buffer.from(JSON.stringify({ ...record, ...change })));
const withPath = (...paths: readonly unknown[]) => parse({ files: paths.map((path) => ({ path, size: 1, digest: digest('2') })) });

describe('a record', () => {
  it('is read as it was written, and nothing else is taken from it', () => {
    expect(parseRecord(formatRecord(record))).toEqual({ ok: true, value: record });
    expect(parse({ more: 1, inputs: [{ name: 'kind', value: 'rpmbuild', parts: [] }] })).toEqual({ ok: true, value: record });
    expect({ ...resultIn(record), format: 1, by: record.by, crpm: record.crpm }).toEqual(record);
  });

  it.each([
    ['../a'], ['a/../../b'], ['/etc/passwd'], ['a//b'], ['./a'], ['a/.'], [''], ['a/'], ['a\0b'], ['a\nb'], ['a\\b'], ['\u202egpr.a'], [`${'x'.repeat(256)}`], ['é'.repeat(128)], ['x/'.repeat(600) + 'x'], [7], [null],
  ])('with a file at %j is refused', (path) => {
    expect(withPath(path)).toEqual({ ok: false, error: 'its record names files that no result can have' });
  });

  it('with two files at one place is refused', () => {
    expect(withPath('a', 'a').ok).toBe(false);
    expect(withPath('a/b', 'a').ok).toBe(false);
    expect(withPath('a/b', 'a/c', 'ab').ok).toBe(true);
  });

  it.each<[object, RegExp]>([
    [{ format: 2 }, /format 2/],
    [{ fingerprint: 'sha256:1' }, /what names it/],
    [{ node: '\u001b[2J' }, /what names it/],
    [{ by: 'x'.repeat(301) }, /what names it/],
    [{ at: 'yesterday' }, /when it was made/],
    [{ at: '2026-99-26T10:00:00.000Z' }, /when it was made/],
    [{ ms: -1 }, /how long it took/],
    [{ ms: 1e300 }, /how long it took/],
    [{ inputs: [{ name: 'a' }] }, /what it was made from/],
    [{ files: 'all' }, /no result can have/],
    [{ files: [{ path: 'a', size: -1, digest: digest('2') }] }, /no result can have/],
    [{ files: [{ path: 'a', size: 1.5, digest: digest('2') }] }, /no result can have/],
    [{ files: [{ path: 'a', size: 1, digest: 'sha256:../..' }] }, /no result can have/],
    [{ files: [{ path: 'a', size: 2 ** 50, digest: digest('2') }] }, /too large/],
    [{ files: Array.from({ length: 10_001 }, (_, index) => ({ path: String(index), size: 1, digest: digest('2') })) }, /no result can have/],
  ])('that says %o is refused', (change, error) => {
    expect(parse(change)).toEqual({ ok: false, error: expect.stringMatching(error) as string });
  });

  it.each(['', 'null', '[]', '7', '{', '"x"'])('that is %j is refused', (text) => {
    expect(parseRecord(Buffer.from(text)).ok).toBe(false);
  });

  it('can’t pollute anything', () => {
    expect(parseRecord(Buffer.from('{"__proto__":{"format":1}}')).ok).toBe(false);
    expect(({} as { format?: number }).format).toBeUndefined();
  });
});

describe('a manifest', () => {
  const manifest = manifestOf(record, { digest: digest('5'), size: 100 });
  const read = (change: object) => parseManifest(Buffer.from(JSON.stringify({ ...manifest, ...change })));

  it('names the record and each file, and tells in short what it is', () => {
    expect(read({})).toEqual({
      ok: true,
      value: { record: manifest.config, layers: manifest.layers, overview: { node: 'libvirt.rpmbuild', by: 'ci@builder', at: '2026-11-26T10:00:00.000Z', size: 7 } },
    });
  });

  it('names a file that is there twice once', () => {
    const twice = { ...record, files: [{ path: 'a', size: 3, digest: digest('2') }, { path: 'b', size: 3, digest: digest('2') }] };
    expect(manifestOf(twice, { digest: digest('5'), size: 1 }).layers).toHaveLength(1);
  });

  it.each([
    { artifactType: 'application/vnd.other' },
    { config: { ...manifest.config, mediaType: 'application/vnd.oci.image.config.v1+json' } },
    { config: { ...manifest.config, digest: 'sha256:../../x' } },
    { config: { ...manifest.config, size: 17 * 1024 * 1024 } },
    { config: null },
    { layers: {} },
    { layers: [null] },
  ])('with %o is refused', (change) => {
    expect(read(change).ok).toBe(false);
  });

  it.each(['', '[]', 'null', '{}'])('that is %j is refused', (text) => {
    expect(parseManifest(Buffer.from(text)).ok).toBe(false);
  });
});

it('a fingerprint has a tag of its own, and other tags are of no fingerprint', () => {
  expect(fingerprintOfTag(tagOf(digest('a')))).toBe(digest('a'));
  expect(['latest', 'result-', `result-${'g'.repeat(64)}`, 'a'.repeat(64)].map(fingerprintOfTag)).toEqual([undefined, undefined, undefined, undefined]);
});
