import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { FailureError, type Json } from '@crpm/core';
import { expect, test } from 'vitest';
import { Journal, realFs, type Fs } from '../src/index.js';
import { MemoryFs, withFaults } from './memory-fs.js';
import { faultyFs, temporaryFolder } from './tools.js';

const RECORDS: readonly Json[] = [{ node: 'a', n: 1 }, { node: 'b', text: 'zwei\nZeilen, "quotes", 世界' }, [null, true], 'text'];

function written(): string {
  const file = join(temporaryFolder(), 'journal');
  const journal = Journal.open(file);
  for (const record of RECORDS) journal.append(record);
  journal.close();
  return file;
}

/** Opens, closes, and tells what was found. */
function reopen(file: string): { records: readonly Json[]; warning: string | undefined } {
  const journal = Journal.open(file);
  journal.close();
  return { records: journal.records, warning: journal.warning };
}

test('what was appended is there, in order', () => {
  const file = written();
  expect(reopen(file)).toEqual({ records: RECORDS, warning: undefined });
  expect(Journal.read(file)).toEqual(RECORDS);
});

test('reading a journal that is not there makes none', () => {
  const file = join(temporaryFolder(), 'journal');
  expect(Journal.read(file)).toEqual([]);
  expect(existsSync(file)).toBe(false);
});

test('cut at any byte, it keeps every whole record, warns once, and goes on from there', { timeout: 60_000 }, () => {
  const file = written();
  const bytes = readFileSync(file);
  const ends = [...bytes.entries()].flatMap(([index, byte]) => (byte === 10 ? [index + 1] : []));
  for (let cut = 0; cut <= bytes.length; cut++) {
    writeFileSync(file, bytes.subarray(0, cut));
    const whole = ends.filter((end) => end <= cut);
    const { records, warning } = reopen(file);
    expect(records).toEqual(RECORDS.slice(0, whole.length));
    const rest = cut - (whole.at(-1) ?? 0);
    if (rest === 0) expect(warning).toBeUndefined();
    else expect(warning).toBe(`${file} was damaged: its last ${String(rest)} bytes are cut off, ${String(whole.length)} records are left`);
    expect(readFileSync(file).length).toBe(cut - rest);

    const journal = Journal.open(file);
    expect(journal.warning).toBeUndefined();
    journal.append('more');
    journal.close();
    expect(Journal.read(file)).toEqual([...records, 'more']);
  }
});

test('any byte flipped costs that record and those behind it, never those before, and gives no wrong one', { timeout: 60_000 }, () => {
  const file = written();
  const bytes = readFileSync(file);
  for (let index = 0; index < bytes.length; index++) {
    const broken = Buffer.from(bytes);
    broken[index] = (broken[index] ?? 0) ^ 1;
    writeFileSync(file, broken);
    const before = bytes.subarray(0, index).filter((byte) => byte === 10).length;
    expect(Journal.read(file)).toEqual(RECORDS.slice(0, before));
  }
});

test('random bytes are an empty journal with a warning', () => {
  const file = join(temporaryFolder(), 'journal');
  writeFileSync(file, Buffer.from('\0\xff\x00crpm\n\n\n crpm9 zzz\n', 'latin1'));
  expect(reopen(file)).toMatchObject({ records: [], warning: expect.stringContaining('0 records are left') as string });
  expect(readFileSync(file).length).toBe(0);
});

test('a record of a newer crpm is refused, and the file stays as it is', () => {
  const file = written();
  const json = '{"new":"thing"}';
  appendFileSync(file, `crpm2 ${createHash('sha256').update(`2 ${json}`).digest('hex').slice(0, 16)} ${json}\n`);
  const before = readFileSync(file);
  for (const open of [() => Journal.open(file), () => Journal.read(file)]) {
    expect(open).toThrow(FailureError);
    try {
      open();
    } catch (error) {
      expect((error as FailureError).failure).toEqual({
        class: 'usage',
        message: `${file} was written by a newer crpm (version 2 of the journal; this one knows 1)`,
        next: `Use the newer crpm, or remove ${file}: then everything is built again.`,
      });
    }
  }
  expect(readFileSync(file)).toEqual(before);
});

test('a write that fails half-way leaves the journal as it was, and the next one works', () => {
  const file = written();
  const { fs } = faultyFs(0);
  let full = true;
  const journal = Journal.open(file, {
    ...fs,
    write: (fd, bytes, offset) => {
      if (!full) return fs.write(fd, bytes, offset);
      if (offset > 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      return fs.write(fd, bytes.subarray(0, 7), 0);
    },
  });
  expect(() => { journal.append('lost'); }).toThrow('ENOSPC');
  full = false;
  journal.append('kept');
  journal.close();
  expect(reopen(file)).toEqual({ records: [...RECORDS, 'kept'], warning: undefined });
});

/** A journal with one record that matters and a great many that don't. */
function grown(fs: Fs, file: string): Journal {
  const journal = Journal.open(file, fs);
  for (let number = 0; number < 400; number++) journal.append({ number, text: 'x'.repeat(1000) });
  return journal;
}

test('compacted, it holds what matters, goes on growing, and its lost weight is off the disk', () => {
  const file = join(temporaryFolder(), 'journal');
  const journal = grown(realFs, file);
  expect(journal.compact([{ number: 399 }])).toBe(true);
  journal.append('more');
  journal.close();
  expect(reopen(file)).toEqual({ records: [{ number: 399 }, 'more'], warning: undefined });
  expect(statSync(file).size).toBeLessThan(200);
  expect(readdirSync(dirname(file))).toEqual(['journal']);
});

test('a journal that is small, or mostly alive, is not written anew', () => {
  const file = join(temporaryFolder(), 'journal');
  const small = Journal.open(file);
  small.append('a');
  expect(small.compact([])).toBe(false);
  small.close();
  const journal = grown(realFs, file);
  expect(journal.compact(Journal.read(file))).toBe(false);
  journal.close();
});

test('whichever call of a compaction fails, or kills, the journal is the old one or the new one, and takes more', () => {
  const before = new MemoryFs();
  before.mkdir('/state', 0o700);
  grown(before, '/state/journal').close();
  for (let call = 1, failed = true; failed; call++) {
    for (const dead of [true, false]) {
      const disk = before.crashed({ content: 'kept', names: 'all' });
      const faults = withFaults(disk, { failAt: 0 });
      const journal = Journal.open('/state/journal', faults.fs);
      faults.arm({ failAt: faults.calls() + call, dead });
      failed = false;
      try {
        journal.compact([{ number: 399 }]);
      } catch {
        failed = true;
      }
      for (const content of ['lost', 'cut', 'kept'] as const) {
        expect([1, 400]).toContain(Journal.read('/state/journal', disk.crashed({ content, names: 'all' })).length);
      }
      if (dead) continue;
      faults.arm({ failAt: 0 });
      journal.append('more');
      expect(Journal.read('/state/journal', disk).at(-1)).toBe('more');
    }
  }
});
