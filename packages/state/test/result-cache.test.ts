import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { evictionLog, ResultCache, resultName, type CachedResult } from '../src/index.js';
import { frameRecord } from '../src/record.js';
import { temporaryFolder } from './tools.js';

const fingerprint = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const RESULT: CachedResult = {
  fingerprint: fingerprint('a'), node: 'libvirt.rpmbuild', kind: 'rpmbuild', at: '2026-11-22T18:00:00.000Z', ms: 1500,
  inputs: [{ name: 'kind', value: 'rpmbuild' }],
  files: [{ path: 'a.rpm', size: 3, digest: fingerprint('rpm') }],
  data: { evr: '0:1-1' }, digest: fingerprint('output'),
};

function scene(): { readonly cache: string; readonly results: ResultCache; readonly file: string } {
  const cache = temporaryFolder();
  const results = new ResultCache(cache);
  results.keep(RESULT);
  const hex = RESULT.fingerprint.slice('sha256:'.length);
  return { cache, results, file: join(cache, 'store', 'results', hex.slice(0, 2), hex) };
}

test('what was kept is found by its fingerprint, and nothing else is', () => {
  const { results } = scene();
  expect(results.find(RESULT.fingerprint)).toEqual({ state: 'found', result: RESULT });
  expect(results.find(fingerprint('b'))).toEqual({ state: 'absent' });
  expect(() => results.find('../../etc/passwd')).toThrow('not a fingerprint');
});

test('one that was evicted says when', async () => {
  const { cache, results, file } = scene();
  rmSync(file);
  await evictionLog(cache).note([resultName(RESULT.fingerprint)], 1_763_836_871_000);
  expect(results.find(RESULT.fingerprint)).toEqual({ state: 'evicted', at: 1_763_836_871_000 });
});

test('the record of another fingerprint under its name is damage', () => {
  const { results, file } = scene();
  results.keep({ ...RESULT, fingerprint: fingerprint('b') });
  const other = fingerprint('b').slice('sha256:'.length);
  renameSync(join(file, '..', '..', other.slice(0, 2), other), file);
  expect(results.find(RESULT.fingerprint)).toEqual({ state: 'damaged', file });
});

test('a record of a newer crpm is a miss, and stays', () => {
  const { results, file } = scene();
  const json = '{"more":1}';
  writeFileSync(file, `crpm2 ${createHash('sha256').update(`2 ${json}`).digest('hex').slice(0, 16)} ${json}\n`);
  expect(results.find(RESULT.fingerprint)).toEqual({ state: 'absent' });
  expect(readFileSync(file, 'utf8')).toContain(json);
});

describe('a damaged record is a miss that names it, can be set aside, and heals', () => {
  const whole = frameRecord(JSON.stringify(RESULT));
  const damages: [string, (file: string) => void][] = [
    ['empty', (file) => { writeFileSync(file, ''); }],
    ['two records', (file) => { writeFileSync(file, whole + whole); }],
    ['replaced by a folder', (file) => { rmSync(file); mkdirSync(file); }],
    ['replaced by a link to a good record', (file) => { renameSync(file, `${file}.real`); symlinkSync(`${file}.real`, file); }],
  ];
  test.each(damages)('%s', (_what, damage) => {
    const { results, file } = scene();
    damage(file);
    expect(results.find(RESULT.fingerprint)).toEqual({ state: 'damaged', file });
    expect(readdirSync(results.setAside(RESULT.fingerprint))).toHaveLength(1);
    expect(results.find(RESULT.fingerprint)).toEqual({ state: 'absent' });
    results.keep(RESULT);
    expect(results.find(RESULT.fingerprint)).toEqual({ state: 'found', result: RESULT });
  });

  test('cut or flipped at any byte', () => {
    const { results, file } = scene();
    const bytes = Buffer.from(whole);
    for (let index = 0; index < bytes.length; index++) {
      writeFileSync(file, bytes.subarray(0, index));
      expect(results.find(RESULT.fingerprint).state, `cut at ${String(index)}`).toBe('damaged');
      const flipped = Buffer.from(bytes);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      writeFileSync(file, flipped);
      expect(results.find(RESULT.fingerprint).state, `flipped at ${String(index)}`).toBe('damaged');
    }
  });

  test('a new result takes the place of a folder', () => {
    const { results, file } = scene();
    rmSync(file);
    mkdirSync(file);
    results.keep(RESULT);
    expect(results.find(RESULT.fingerprint)).toEqual({ state: 'found', result: RESULT });
  });
});
