import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compareEvr, compareEvrBazeldnf, compareVersions, compareVersionsBazeldnf, parseEvr, type Evr } from '@crpm/rpm';

const golden = fileURLToPath(new URL('../../../test/fixtures/golden/evr-order.tsv', import.meta.url));
const pairs = readFileSync(golden, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [string, string, string, string]);

const evr = (text: string): Evr => {
  const parsed = parseEvr(text);
  if (!parsed) throw new Error(`not an EVR: ${text}`);
  return parsed;
};

describe('the order of versions', () => {
  it('is rpm’s in every recorded pair', () => {
    expect(pairs).toHaveLength(3844);
    expect(pairs.filter(([a, b, rpm]) => compareVersions(a, b) !== Number(rpm))).toEqual([]);
  });

  it('is bazeldnf’s in every recorded pair', () => {
    expect(pairs.filter(([a, b, , bazeldnf]) => compareVersionsBazeldnf(a, b) !== Number(bazeldnf))).toEqual([]);
  });

  it('differs between the two in 332 of the recorded pairs', () => {
    expect(pairs.filter(([a, b]) => compareVersions(a, b) !== compareVersionsBazeldnf(a, b))).toHaveLength(332);
  });

  it('looks at the epoch first, then the version, then the release', () => {
    for (const compare of [compareEvr, compareEvrBazeldnf]) {
      expect(compare(evr('10:1-1'), evr('9:2-2'))).toBe(1);
      expect(compare(evr('0:1.9-2'), evr('1.10-1'))).toBe(-1);
      expect(compare(evr('1-1.el9'), evr('0:1-1.el9'))).toBe(0);
      expect(compare(evr('0:1-1.el9.crpm0002'), evr('0:1-1.el9.crpm0010'))).toBe(-1);
    }
  });

  it('makes a suffix after dist newer and a tag before it older, for both', () => {
    for (const compare of [compareVersions, compareVersionsBazeldnf]) {
      expect(compare('1.el9.crpm1', '1.el9')).toBe(1);
      expect(compare('1.crpm1.el9', '1.el9')).toBe(-1);
      expect(compare('12.custom3.el9', '12.el9')).toBe(-1);
    }
  });
});
