import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { compareVersions, compareVersionsBazeldnf } from '@crpm/rpm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { FORETOLD_SUFFIX, nextSuffix, released } from '../../src/build/release.js';
import type { BuildrootFact } from '../../src/facts.js';
import type { RpmbuildParams } from '../../src/params.js';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'crpm-release-'));
});
afterEach(() => {
  rmSync(state, { recursive: true });
});

const NOW = Date.UTC(2026, 10, 26, 6, 53, 45, 123);

describe('release: unique', () => {
  test('a suffix tells the moment, and has the width of the one that holds its place', () => {
    expect(nextSuffix({ state }, NOW)).toBe('crpmu20261126065345123');
    expect(nextSuffix({ state }, Date.UTC(2099, 0, 1))).toHaveLength(FORETOLD_SUFFIX.length);
  });

  test('each sorts above those before and above the official release, for rpm and for KubeVirt’s resolver, and none is the beginning of another, whatever the clock does', () => {
    const suffixes = [FORETOLD_SUFFIX, ...[NOW, NOW, NOW - 86_400_000, NOW + 1, NOW + 400 * 86_400_000].map((now) => nextSuffix({ state }, now))];
    const releases = ['1.el9', '1.el9.crpm0001', ...suffixes.map((suffix) => `1.el9.${suffix}`)];
    for (const compare of [compareVersions, compareVersionsBazeldnf]) {
      for (const [index, release] of releases.entries()) for (const later of releases.slice(index + 1)) expect([release, later, compare(release, later)]).toEqual([release, later, -1]);
    }
    for (const suffix of suffixes) expect(suffixes.filter((other) => other.startsWith(suffix))).toEqual([suffix]);
  });

  test('what was noted and can’t be read only loses the order with builds before', () => {
    writeFileSync(join(state, 'unique-release'), 'garbage');
    expect(nextSuffix({ state }, NOW)).toBe('crpmu20261126065345123');
  });

  test('a build is told its own release and expects it, others keep what the config says', () => {
    const workspace = { state, cache: state, id: 'w' };
    const params = (options: Partial<RpmbuildParams['options']>) => ({ options: { macros: {}, defines: {}, with: [], without: [], ...options } }) as unknown as RpmbuildParams;
    const buildroot = { evr: `17:10.1.0-1.el9.${FORETOLD_SUFFIX}` } as BuildrootFact;
    const one = released(params({ suffix: FORETOLD_SUFFIX, unique: true }), buildroot, workspace);
    expect(one.buildroot.evr).toBe(`17:10.1.0-1.el9.${one.params.options.suffix ?? ''}`);
    expect(one.params.options.suffix).not.toBe(FORETOLD_SUFFIX);
    const stable = params({ suffix: 'crpm0001' });
    expect(released(stable, buildroot, workspace)).toEqual({ params: stable, buildroot });
  });
});

describe('release.suffix, as the schema lets it through', () => {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../schemas/custom-rpms.schema.json'), 'utf8')) as { properties: { release: { anyOf: [unknown, { properties: { suffix: { pattern: string } } }] } } };
  const pattern = new RegExp(schema.properties.release.anyOf[1].properties.suffix.pattern, 'u');
  const letters = fc.string({ unit: fc.constantFrom(...'abcelz'), minLength: 1, maxLength: 4 });
  const digits = (minLength: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength: 18 });
  const part = fc.oneof(letters, digits(1), fc.tuple(letters, digits(1)).map((both) => both.join('')));
  const suffix = fc.tuple(letters, fc.array(part, { maxLength: 2 }), fc.option(letters, { nil: '' }), digits(4)).map(([first, parts, last, number]) => [first, ...parts, last + number].join('.')).filter((text) => text.length <= 64);

  test('sorts above the official release, and the same among its like, for rpm and for KubeVirt’s resolver', () => {
    fc.assert(
      fc.property(suffix, digits(1), (text, seed) => {
        expect(text).toMatch(pattern);
        // The next of its kind: other digits, the same letters and widths.
        let at = 0;
        const next = text.replace(/\d/g, () => seed[at++ % seed.length] ?? '0');
        for (const [a, b] of [['1.el9', `1.el9.${text}`], [`1.el9.${text}`, '2.el9'], [`1.el9.${text}`, `1.el9.${next}`]] as const) {
          const order = compareVersions(a, b);
          expect([a, b, compareVersionsBazeldnf(a, b)]).toEqual([a, b, order]);
          if (!b.endsWith(next)) expect(order).toBe(-1);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each(['crpm1', '0001', 'crpm', 'Crpm0001', 'crpm_0001', 'crpm~0001', '1a0001', 'a.1b0001', 'a..0001', '.a0001', 'crpm0001.', `a${'1'.repeat(19)}`, 'crpm0001x'])('%s is none', (text) => {
    expect(text).not.toMatch(pattern);
  });
});
