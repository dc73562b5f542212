import { describe, expect, test } from 'vitest';
import { diffManifests, makeManifest, parseManifest, serializeManifest, type ManifestEntry } from '../src/index.js';
import { failureOf } from './support/trees.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const file = (path: string, sha256 = A, mode: 0o644 | 0o755 = 0o644): ManifestEntry => ({ type: 'file', path, mode, size: 1, sha256 });
const link = (path: string, target: string): ManifestEntry => ({ type: 'symlink', path, target });

describe('the digest of a manifest', () => {
  test('does not depend on the order of the entries', () => {
    expect(makeManifest([file('b'), file('a')])).toEqual(makeManifest([file('a'), file('b')]));
  });

  test.each([
    ['content', [file('a', B)]],
    ['the executable bit', [file('a', A, 0o755)]],
    ['the name', [file('b')]],
    ['the type', [link('a', A)]],
    ['another file', [file('a'), file('b')]],
  ])('depends on %s', (_what, entries) => {
    expect(makeManifest(entries).digest).not.toBe(makeManifest([file('a')]).digest);
  });

  test('tells names with newlines and spaces apart from several names', () => {
    expect(makeManifest([link('a', 'b\nc')]).digest).not.toBe(makeManifest([link('a', 'b'), link('c', '')]).digest);
  });

  test('leaves warnings out', () => {
    expect(makeManifest([file('a')], ['left out']).digest).toBe(makeManifest([file('a')]).digest);
  });
});

describe('a manifest file', () => {
  const manifest = makeManifest([file('\xff\n"'), link('l', '\xfe'), file('x', B, 0o755)], ['s is a socket and was left out']);

  test('gives back what was written, byte strings included', () => {
    expect(parseManifest(serializeManifest(manifest), 'm.json')).toEqual(manifest);
  });

  test('that was cut anywhere is refused', async () => {
    const text = serializeManifest(manifest);
    for (let length = 0; length < text.length - 2; length++) {
      const failure = await failureOf((async () => parseManifest(text.slice(0, length), 'm.json'))());
      expect(failure.message).toBe('m.json is damaged: it is no manifest that crpm wrote');
    }
  });

  test.each([
    ['a changed digest of a file', (text: string) => text.replace(B, A)],
    ['a path that leaves the tree', (text: string) => text.replace('"path":"x"', '"path":"../x"')],
    ['another version', (text: string) => text.replace('"version":1', '"version":2')],
  ])('with %s is refused', async (_what, change) => {
    const failure = await failureOf((async () => parseManifest(change(serializeManifest(manifest)), 'm.json'))());
    expect(failure.class).toBe('environment');
  });
});

test('the difference of two manifests names what was added, changed and deleted', () => {
  const before = makeManifest([file('same'), file('content'), file('mode'), file('type'), link('target', 'x'), file('gone')]);
  const after = makeManifest([file('same'), file('content', B), file('mode', A, 0o755), link('type', 'x'), link('target', 'y'), file('new')]);
  expect(diffManifests(before, after)).toEqual({ added: ['new'], changed: ['content', 'mode', 'target', 'type'], deleted: ['gone'] });
});
