import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { collectRpms } from '@crpm/pipeline/build/collect-rpms';
import { checkSharedRpms } from '@crpm/pipeline/build/shared-rpms';
import type { Arch, InputContext, Json } from '@crpm/core';
import { hashFile } from '@crpm/state';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { buildRpms, hasRpmTools } from '../../../../test/support/rpms.js';
import type { RpmsFact } from '../../src/facts.js';
import type { RpmbuildParams } from '../../src/params.js';

const able = await hasRpmTools();
const arch = (process.arch === 'arm64' ? 'aarch64' : 'x86_64') as Arch;
const params = { package: 'tiny', arch, profile: 'full' } as RpmbuildParams;

let root: string;
/** What a build left, and what it told. */
let out: string;
let told: RpmsFact;
let others: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'crpm-shared-'));
  if (!able) return;
  const build = async (name: string, source: string) => {
    await buildRpms(join(root, name), { source, version: '1.0', release: '1', rpms: [{ name: source }, { name: `${source}-docs`, noarch: true }] });
    rmSync(join(root, name, 'out/src'), { recursive: true });
    return join(root, name, 'out');
  };
  others = await build('others', 'large');
  out = join(root, 'result');
  mkdirSync(out);
  told = { package: 'tiny', rpms: await collectRpms(await build('own', 'tiny'), out, { arch, evr: '1.0-1', what: 'tiny' }) };
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** What is said of a copy of the result, changed. */
async function why(change: (folder: string) => void, data: Json = JSON.parse(JSON.stringify(told)) as Json, evr = '1.0-1'): Promise<string | undefined> {
  const dir = mkdtempSync(join(root, 'changed-'));
  cpSync(out, dir, { recursive: true });
  change(dir);
  const files = await Promise.all(readdirSync(dir).sort().map(async (path) => ({ path, size: statSync(join(dir, path)).size, digest: `sha256:${(await hashFile(join(dir, path))).sha256}` })));
  const buildroot = { dir: '', files: [], data: { evr, source: 'tiny' }, digest: '' };
  return checkSharedRpms(params, { dir, files, data, digest: '' }, { needs: new Map([['tiny.buildroot', buildroot]]) } as unknown as InputContext);
}

test.skipIf(!able)('RPMs that are what a build would have left are taken', async () => {
  expect(await why(() => undefined)).toBeUndefined();
});

test.skipIf(!able)('others are refused, whatever is told of them', async () => {
  const [first = '', second = ''] = readdirSync(out).sort();
  const forged = (rpm: object) => JSON.parse(JSON.stringify({ ...told, rpms: told.rpms.map((one, index) => (index === 0 ? { ...one, ...rpm } : one)) })) as Json;
  const swap = (dir: string) => {
    renameSync(join(dir, first), join(dir, 'x.rpm'));
    renameSync(join(dir, second), join(dir, first));
    renameSync(join(dir, 'x.rpm'), join(dir, second));
  };
  const cut = (dir: string) => { writeFileSync(join(dir, first), readFileSync(join(dir, first)).subarray(0, -1)); };
  const flip = (dir: string) => {
    const bytes = readFileSync(join(dir, first));
    bytes[bytes.length - 1]! ^= 1; // an RPM is never empty
    writeFileSync(join(dir, first), bytes);
  };
  const others_ = (dir: string) => {
    for (const name of readdirSync(dir)) rmSync(join(dir, name));
    cpSync(others, dir, { recursive: true });
  };
  const verdicts = [
    await why(() => undefined, undefined, '2.0-1'),
    await why(swap),
    await why(cut),
    await why(flip),
    await why((dir) => { rmSync(join(dir, second)); }),
    await why((dir) => { writeFileSync(join(dir, 'install.sh'), ''); }),
    await why((dir) => { writeFileSync(join(dir, 'bad.rpm'), 'no RPM'); }),
    await why(() => undefined, forged({ file: '../../escaped.rpm' })),
    await why(() => undefined, forged({ epoch: 9 })),
    await why(() => undefined, { ...(forged({}) as object), package: 'other' }),
    await why(() => undefined, null),
  ];
  expect(verdicts).toEqual(verdicts.map(() => expect.any(String) as string));
  expect(verdicts[0]).toContain('but its spec gave 2.0-1');
  expect(verdicts[1]).toMatch(/has another name$/);
  expect(await why(others_)).toMatch(/^large-.* comes from large-1\.0-1\.src\.rpm, not from tiny$/);
});
