import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FailureError } from '@crpm/core';
import { checkRpmDigests, parseRpmHeader, readRpmHeader } from '@crpm/rpm';
import { buildRpms, hasRpmTools } from '../../../test/support/rpms.js';

const REFUSED = /^(cannot read the RPM .*|.*hostile\.rpm is not a readable RPM: .+)$/;
/** Where a lie about a length hurts most: at the edges of the types, and of what is there. */
const LIES = [0, 1, 0x7f, 0xff, 0xffff, 0x10000, 0x3ffffff, 0x4000000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff] as const;

describe.skipIf(!(await hasRpmTools()))('an RPM that rpmbuild made, and somebody spoilt', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-hostile-'));
  const hostile = join(dir, 'hostile.rpm');
  let whole: Buffer;
  /** Where the header and the payload begin. */
  let headerAt: number;
  let payloadAt: number;

  beforeAll(async () => {
    const rpms = Array.from({ length: 12 }, (_, i) => ({ name: `demo-${i}`, requires: [`demo-${(i + 1) % 12} = 17:1.0-1`], provides: [`thing(${i}) = 3`] }));
    const [file] = await buildRpms(join(dir, 'a'), { source: 'demo', epoch: 17, version: '1.0', release: '1', rpms });
    whole = readFileSync(file ?? expect.fail('no RPM'));
    // The second of the two sections that begin so.
    headerAt = whole.indexOf(Buffer.from([0x8e, 0xad, 0xe8, 0x01]), 100);
    payloadAt = headerAt + 16 + whole.readUInt32BE(headerAt + 8) * 16 + whole.readUInt32BE(headerAt + 12);
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => rmSync(dir, { recursive: true }));

  /** What came of reading: nothing, where it was read, else the refusal. Whatever else is thrown is a bug. */
  async function refusal(read: () => unknown): Promise<string | undefined> {
    try {
      await read();
      return undefined;
    } catch (error) {
      if (error instanceof FailureError && error.failure.class === 'usage') return error.failure.message;
      throw error;
    }
  }
  const inMemory = (bytes: Buffer) => refusal(() => parseRpmHeader(bytes, 'hostile.rpm'));

  it('is refused by name where it was cut, at every byte of its header', async () => {
    expect(payloadAt).toBeLessThan(whole.length);
    for (let length = 0; length < payloadAt; length++) {
      const message = await inMemory(whole.subarray(0, length));
      if (!/^hostile\.rpm is not a readable RPM: it ends inside the (lead|signature|header)$/.test(message ?? '')) expect.fail(`cut at ${length}: ${message ?? 'read'}`);
    }
    expect(await inMemory(whole.subarray(0, payloadAt))).toBeUndefined();
  });

  it('is refused by name where the file was cut, at every 512 bytes to its end', async () => {
    writeFileSync(hostile, whole);
    const cuts = Array.from({ length: Math.ceil(whole.length / 512) }, (_, i) => i * 512).reverse();
    expect(cuts.length).toBeGreaterThan(10);
    for (const length of [whole.length - 1, ...cuts]) {
      truncateSync(hostile, length);
      expect(await refusal(() => checkRpmDigests(hostile)), `cut at ${length}`).toMatch(/hostile\.rpm is not a readable RPM: (it ends inside the (lead|signature|header)|it is cut: \d+ instead of \d+ bytes from its header on)$/);
      expect((await refusal(() => readRpmHeader(hostile))) === undefined, `cut at ${length}`).toBe(length >= payloadAt);
    }
  });

  it('is read or refused by name whatever a length, a count or an offset in it claims, and no memory is taken on the word of it', async () => {
    const claims: string[] = [];
    const alloc = vi.spyOn(Buffer, 'alloc');
    for (const section of [96, headerAt]) {
      const entries = whole.readUInt32BE(section + 8);
      // Both numbers of the intro, then type, offset and count of each entry.
      const fields = [8, 12, ...Array.from({ length: entries }, (_, i) => [4, 8, 12].map((field) => 16 + i * 16 + field)).flat()];
      for (const field of fields) {
        const bytes = Buffer.from(whole);
        for (const lie of LIES) {
          bytes.writeUInt32BE(lie, section + field);
          writeFileSync(hostile, bytes);
          const message = await refusal(() => readRpmHeader(hostile));
          if (message !== undefined && !REFUSED.test(message)) claims.push(message);
        }
      }
    }
    expect(claims).toEqual([]);
    const most = Math.max(...alloc.mock.calls.map(([size]) => size));
    expect(most).toBeLessThanOrEqual(whole.length);
  });

  it('is read or refused by name whatever bytes stand in it', async () => {
    const spoilt = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.uint8Array({ minLength: 1, maxLength: 64 })), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(spoilt, async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, values] of changes) bytes.set(values.subarray(0, bytes.length - at), at);
        const message = await inMemory(bytes);
        if (message !== undefined) expect(message).toMatch(REFUSED);
      }),
      { numRuns: 1500 },
    );
  });

  it('is refused by name where it is nothing but random bytes, with and without the magic of one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2048 }), fc.constantFrom(0, 4, 96, 112, 200), async (noise, kept) => {
        expect(await inMemory(Buffer.concat([whole.subarray(0, kept), noise]))).toMatch(REFUSED);
      }),
      { numRuns: 500 },
    );
  });
});
