import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEvr, compareVersions, parseEvr } from '@crpm/rpm';

/** What rpm itself says of each pair: one process for all of them. */
async function askRpm(pairs: readonly (readonly [string, string])[]): Promise<readonly number[]> {
  const list = pairs.map(([a, b]) => `{"${a}","${b}"}`).join(',');
  const { stdout } = await execa('rpm', ['--eval', `%{lua:for _, p in ipairs({${list}}) do print(rpm.vercmp(p[1], p[2]) .. "\\n") end}`]);
  return stdout.split(/\s+/).filter((line) => line !== '').map(Number);
}

async function answers(): Promise<boolean> {
  const { stdout } = await execa('rpm', ['--eval', '%{lua:print(rpm.vercmp("1", "2"))}'], { reject: false });
  if (stdout === '-1') return true;
  console.warn('SKIPPED: no rpm that compares versions (rpm.vercmp of 4.7 or later) on PATH: install rpm to compare the order of versions with it');
  return false;
}

/** Pieces that the comparison treats each in its own way: numbers of any length, letters, separators, and the two that sort below and above the end. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('0', '1', '9', '10', '00', '007', '9223372036854775807', '9223372036854775808', '18446744073709551616') },
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'Z', 'rc', 'el', 'crpm', 'git') },
  { weight: 4, arbitrary: fc.constantFrom('.', '_', '+', '..', '._') },
  { weight: 3, arbitrary: fc.constantFrom('~', '^', '~~', '^~', '~^') },
);
const pieces = fc.array(piece, { minLength: 1, maxLength: 7 });

/** Any two, and mostly two that differ in one place only: there the rules meet. */
const pair = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(pieces, pieces) },
  { weight: 3, arbitrary: fc.tuple(pieces, piece, fc.nat(7), fc.boolean()).map(([list, other, at, instead]) => [list, [...list.slice(0, at), other, ...list.slice(at + Number(instead))]] as const) },
);
const texts = pair.map(([a, b]) => [a.join(''), b.join('')] as const);
const evrs = fc
  .tuple(texts, texts, fc.constantFrom('', '0:', '1:', '17:'), fc.constantFrom('', '0:', '1:', '18:'))
  .map(([[v, w], [r, s], e, f]) => [`${e}${v}-${r}`, `${f}${w}-${s}`] as const);

describe.skipIf(!(await answers()))('the order of versions is that of the rpm on this machine', () => {
  it('for versions and releases', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 400 }), async (pairs) => {
        const theirs = await askRpm(pairs);
        expect(pairs.map(([a, b], i) => [a, b, theirs[i]])).toEqual(pairs.map(([a, b]) => [a, b, compareVersions(a, b)]));
      }),
      { numRuns: 40 },
    );
  });

  it('for whole EVRs, with and without an epoch', async () => {
    const ours = ([a, b]: readonly [string, string]) => {
      const [x, y] = [parseEvr(a), parseEvr(b)];
      return x && y ? compareEvr(x, y) : expect.fail(`${a} ${b}`);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(evrs, { minLength: 1, maxLength: 300 }), async (pairs) => {
        const theirs = await askRpm(pairs);
        expect(pairs.map(([a, b], i) => [a, b, theirs[i]])).toEqual(pairs.map((both) => [...both, ours(both)]));
      }),
      { numRuns: 20 },
    );
  });
});
