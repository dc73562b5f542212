import type { NodeKind } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import { age, logFileName } from '../src/index.js';
import { canonicalJson, dependencies, fingerprintOf } from '../src/fingerprint.js';
import { node } from './rig.js';

describe('fingerprint', () => {
  const kind: NodeKind = { name: 'make', version: 1, weight: 'light', inputs: () => Promise.resolve([]), run: () => Promise.resolve(null) };

  test('does not depend on the order of inputs or keys', () => {
    const one = dependencies(node('n', [], { params: { a: 1, b: { c: [1, 2] } } }), kind, [{ name: 'x', value: '1' }, { name: 'y', value: '2' }], new Map());
    const two = dependencies(node('n', [], { params: { b: { c: [1, 2] }, a: 1 } }), kind, [{ name: 'y', value: '2' }, { name: 'x', value: '1' }], new Map());
    expect(fingerprintOf(one)).toBe(fingerprintOf(two));
  });

  test('tells apart what only looks alike', () => {
    const prints = [{ a: { b: 1 } }, { 'a/b': 1 }, { a: '1' }, { a: 1 }, { a: null }, { a: [] }, { a: {} }, { a: [1] }, { a: [[1]] }, {}].map((params) =>
      fingerprintOf(dependencies(node('n', [], { params }), kind, [], new Map())),
    );
    expect(new Set(prints).size).toBe(prints.length);
  });

  test('a name can not run into its value', () => {
    expect(fingerprintOf([{ name: 'a', value: 'b' }])).not.toBe(fingerprintOf([{ name: 'ab', value: '' }]));
  });

  test('canonical JSON sorts keys at every depth and leaves lists alone', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  });
});

describe('texts for people', () => {
  test.each([
    [0, 'just now'], [999, 'just now'], [1000, '1 second ago'], [58_900, '58 seconds ago'], [60_000, '1 minute ago'], [7_200_000, '2 hours ago'], [3 * 86_400_000, '3 days ago'], [-5000, 'just now'],
  ])('%i ms old is %s', (old, text) => {
    expect(age(new Date(1_700_000_000_000 - old).toISOString(), 1_700_000_000_000)).toBe(text);
  });

  test('an id makes one safe file name', () => {
    expect(['libvirt.rpmbuild@aarch64', '../x', '.hidden', 'a b/ü'].map(logFileName)).toEqual([
      'libvirt.rpmbuild@aarch64.log', '%2E.%2Fx.log', '%2Ehidden.log', 'a%20b%2F%C3%BC.log',
    ]);
  });
});
