import type { Input, Json, NodeKind, NodeOutput } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import { formatReason, type Difference } from '../src/index.js';
import { differences } from '../src/difference.js';
import { dependencies } from '../src/fingerprint.js';
import { node } from './rig.js';

const digest = (char: string) => `sha256:${char.repeat(64)}`;
const output: NodeOutput = { dir: '/out', files: [], data: null, digest: digest('0') };
const plainKind: NodeKind = { name: 'make', version: 1, weight: 'light', inputs: () => Promise.resolve([]), run: () => Promise.resolve(null) };

async function reason(recorded: readonly Input[], now: readonly Input[], kind: Partial<NodeKind> = {}): Promise<string> {
  return formatReason(await differences({ recorded, now, kind: { ...plainKind, ...kind }, output }));
}

/** The reason when only the params are others. */
function ofParams(before: Json, after: Json, kind: Partial<NodeKind> = {}): Promise<string> {
  const list = (params: Json) => dependencies(node('n', [], { params }), plainKind, [], new Map());
  return reason(list(before), list(after), kind);
}

describe('inputs and needs', () => {
  test('files without their digests, options with old and new', async () => {
    expect(
      await reason(
        [{ name: 'spec/a.spec', value: digest('a') }, { name: 'option/profile', value: 'dev' }, { name: 'patch/1', value: digest('a') }, { name: 'need/base', value: digest('a') }],
        [{ name: 'spec/a.spec', value: digest('b') }, { name: 'option/profile', value: 'full' }, { name: 'patch/2', value: digest('a') }, { name: 'need/base', value: digest('b') }],
      ),
    ).toBe('spec/a.spec changed, profile: dev → full, patch/2 new, base changed, patch/1 gone');
  });

  test('a need that is new, and one that is gone', async () => {
    expect(await reason([{ name: 'need/a', value: digest('a') }], [{ name: 'need/b', value: digest('a') }])).toBe('b is needed now, a is needed no more');
  });

  test('what is crpm’s own is told once', async () => {
    const own = (value: string) => ['kind', 'version'].map((name) => ({ name, value }));
    expect(await reason(own('1'), own('2'))).toBe('this crpm makes it in another way');
  });

  test('five at most, and how many more', async () => {
    const list = (value: string) => Array.from({ length: 12 }, (_, index) => ({ name: `f${String(index)}`, value }));
    expect(await reason(list('x'), list('y'))).toBe('f0: x → y, f1: x → y, f2: x → y, f3: x → y, f4: x → y and 7 more');
  });
});

describe('parts of an input', () => {
  const tree = (parts: Readonly<Record<string, string>>): Input => ({ name: 'tree', value: digest(Object.keys(parts).length > 2 ? 'b' : 'a'), parts: new Map(Object.entries(parts)) });
  const kind = (recorded: Readonly<Record<string, string>> | undefined): Partial<NodeKind> => ({ recordedParts: () => Promise.resolve(recorded && new Map(Object.entries(recorded))) });

  test('are told by name, in order, all as data', async () => {
    const now = tree({ 'src/b.c': '2', 'src/new.c': '1', 'src/a.c': '1' });
    const recorded = [{ name: 'tree', value: digest('a') }];
    const found = await differences({ recorded, now: [now], kind: { ...plainKind, ...kind({ 'src/a.c': '1', 'src/b.c': '1', 'src/old.c': '1' }) }, output });
    expect(found).toEqual([
      {
        what: 'input', name: 'tree', before: digest('a'), after: digest('b'),
        parts: [{ part: 'src/b.c', change: 'changed' }, { part: 'src/new.c', change: 'new' }, { part: 'src/old.c', change: 'gone' }],
      },
    ]);
    expect(formatReason(found)).toBe('tree: src/b.c changed, src/new.c new, src/old.c gone');
  });

  test('count one by one', async () => {
    const parts = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`${String.fromCharCode(97 + index)}.c`, 'new']));
    expect(await reason([{ name: 'tree', value: digest('a') }], [tree(parts)], kind({}))).toBe('tree: a.c new, b.c new, c.c new, d.c new, e.c new and 7 more');
  });

  test('that can not be told any more leave the name of the input', async () => {
    expect(await reason([{ name: 'tree', value: digest('a') }], [tree({ a: '1', b: '1', c: '1' })], kind(undefined))).toBe('tree changed');
  });

  test('of an input that is as it was are not asked for', async () => {
    const never: Partial<NodeKind> = { recordedParts: () => Promise.reject(new Error('was asked')) };
    expect(await reason([{ name: 'tree', value: digest('a') }], [tree({ a: '1' })], never)).toBe('');
  });
});

describe('params', () => {
  const inConfig: Partial<NodeKind> = { configPaths: { check: 'build.check', 'options/defines': 'build.defines' } };

  test.each<[string, Json, Json, string]>([
    ['in the words of the config', { check: false }, { check: true }, 'build.check: false → true'],
    ['below a path of the config', { options: { defines: { a: '1' } } }, { options: { defines: { a: '2' } } }, 'build.defines.a: "1" → "2"'],
    ['by their own path where the config has none', { base: { reference: 'stream:9' } }, { base: { reference: 'stream:10' } }, 'base.reference: stream:9 → stream:10'],
    ['that were not set', { options: { defines: { b: '' } } }, { options: { defines: { a: 'x', b: '' } } }, 'build.defines.a: unset → x'],
    ['that are not set any more', { jobs: 4, check: true }, { check: true }, 'jobs: 4 → unset'],
    ['texts that look like something else, quoted', { version: '12' }, { version: 'true' }, 'version: "12" → "true"'],
    ['keys with slashes', { env: { 'a/b~c': 'x' } }, { env: { 'a/b~c': 'y' } }, 'env.a/b~c: x → y'],
    ['long texts only by name', { text: 'x'.repeat(200) }, { text: 'y' }, 'text changed'],
    ['lists of names by what came and went', { tools: ['tar', 'git'] }, { tools: ['git', 'xz', 'patch'] }, 'tools: xz new, patch new, tar gone'],
    ['lists that became empty', { tools: ['tar'] }, { tools: [] }, 'tools: tar gone'],
    ['lists in another order', { tools: ['tar', 'git'] }, { tools: ['git', 'tar'] }, 'tools: in another order'],
    ['lists of named things by name', { packages: [{ name: 'qemu' }] }, { packages: [{ name: 'libvirt', pin: { variable: 'X' } }, { name: 'qemu' }] }, 'packages: libvirt new'],
    ['one of a list of named things', { packages: [{ name: 'a', v: 1 }, { name: 'b', v: 1 }] }, { packages: [{ name: 'a', v: 1 }, { name: 'b', v: 2 }] }, 'packages.b.v: 1 → 2'],
    ['lists of numbers', { arches: [1, 2] }, { arches: [1, 3] }, 'arches: [1,2] → [1,3]'],
  ])('%s', async (_what, before, after, text) => {
    expect(await ofParams(before, after, inConfig)).toBe(text);
  });
});

describe('the words for all else', () => {
  test.each<[Difference, string]>([
    [{ what: 'first-run' }, 'first run'],
    [{ what: 'forced' }, 'forced'],
    [{ what: 'skipped' }, 'skipped'],
    [{ what: 'changed-while-running' }, 'an input changed while it ran the last time'],
    [{ what: 'output', text: 'its output a.rpm is gone' }, 'its output a.rpm is gone'],
    [{ what: 'elsewhere', text: 'the server is gone' }, 'the server is gone'],
    [{ what: 'evicted', at: '2026-01-01T00:00:00.000Z' }, 'its result was evicted from the store (cache.maxSize)'],
    [{ what: 'unknown', text: 'the tree ../a is not there' }, "its inputs can't be told: the tree ../a is not there"],
  ])('%j', (difference, text) => {
    expect(formatReason([difference])).toBe(text);
  });

  test('needs that will be made again, and those that may, in one sentence each', () => {
    const pending = (need: string, certain: boolean): Difference => ({ what: 'need-pending', need, certain, roots: ['x'] });
    expect(formatReason([pending('a', true), pending('b', false), pending('c', true)])).toBe('a, c will be made again, b may be made again');
    expect(formatReason('abcdefg'.split('').map((need) => pending(need, true)))).toBe('a, b, c, d, e and 2 more will be made again');
  });
});
