import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FailureError } from '@crpm/core';
import { checkRpmDigests } from '@crpm/rpm';
import { buildRpms, hasRpmTools } from '../../../test/support/rpms.js';

const available = await hasRpmTools();

describe.skipIf(!available)('the digests in RPMs that rpmbuild made', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-digests-'));
  const damaged = join(dir, 'damaged.rpm');
  let files: readonly string[] = [];
  beforeAll(async () => {
    files = await buildRpms(join(dir, 'a'), { source: 'demo', version: '1.0', release: '1', rpms: [{ name: 'demo-a' }, { name: 'demo-b', noarch: true }] });
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  async function complaint(bytes: Buffer): Promise<string> {
    writeFileSync(damaged, bytes);
    try {
      await checkRpmDigests(damaged);
    } catch (error) {
      if (error instanceof FailureError && error.failure.class === 'usage') return error.failure.message;
      throw error;
    }
    return 'none';
  }

  it('fit, in binary and source RPMs', async () => {
    expect(files).toHaveLength(3);
    for (const file of files) await expect(checkRpmDigests(file)).resolves.toBeUndefined();
  });

  it('tell of every cut', async () => {
    const whole = readFileSync(files[0] ?? '');
    for (let length = 0; length < whole.length; length += 97) {
      expect(await complaint(whole.subarray(0, length))).toMatch(/damaged\.rpm is not a readable RPM: (it ends inside the (lead|signature|header)|it is cut: \d+ instead of \d+ bytes from its header on)$/);
    }
    expect(await complaint(whole.subarray(0, -1))).toContain(': it is cut: ');
    expect(await complaint(Buffer.concat([whole, Buffer.from('more')]))).toContain(': it is longer than it says: ');
  });

  it('tell of one other bit wherever it is in header and payload', async () => {
    const whole = readFileSync(files[0] ?? '');
    // The second of the two sections that begin so is the header; what comes before it is not covered by any digest.
    const header = whole.indexOf(Buffer.from([0x8e, 0xad, 0xe8, 0x01]), 100);
    expect(header).toBeGreaterThan(100);
    const kinds = new Set<string>();
    for (let at = header; at < whole.length; at += 61) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      const message = await complaint(bytes);
      expect([at, message]).not.toEqual([at, 'none']);
      kinds.add(/(header|payload) is damaged/.exec(message)?.[1] ?? 'structure');
    }
    expect([...kinds]).toEqual(expect.arrayContaining(['header', 'payload']));
  });
});
