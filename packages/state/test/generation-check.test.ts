import { createHash } from 'node:crypto';
import { chmodSync, linkSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findDamage, publishGeneration, realFs } from '../src/index.js';
import { faultyFs, temporaryFolder } from './tools.js';

const ADDRESS = `cs9/x86_64/by-sha256/${createHash('sha256').update('rpm').digest('hex')}/a.rpm`;
const METADATA = 'cs9/x86_64/repodata/repomd.xml';

/** A repository with one RPM and its metadata. */
async function published() {
  const folder = temporaryFolder();
  const [rpm, xml] = [join(folder, 'a.rpm'), join(folder, 'repomd.xml')];
  writeFileSync(rpm, 'rpm');
  writeFileSync(xml, 'xml');
  const repo = join(folder, 'repo');
  const generation = await publishGeneration(repo, [{ path: ADDRESS, source: rpm }, { path: METADATA, source: xml }]);
  return { repo, generation, rpm, inGeneration: (path: string) => `generations/${generation.id}/${path}` };
}

/** Without a new size or mtime. */
function changeInPlace(file: string): void {
  const { mtime } = realFs.lstat(file)!; // it is there
  chmodSync(file, 0o644);
  writeFileSync(file, 'RPM');
  utimesSync(file, Number(mtime) / 1e9, Number(mtime) / 1e9);
}

test('what was published is found whole, and from then on by lstat alone', async () => {
  const { repo, generation, rpm } = await published();
  expect(await findDamage(repo, generation)).toBeUndefined();
  const opened: string[] = [];
  const fs = { ...realFs, open: (path: string, flags: string, mode?: number) => (opened.push(path), realFs.open(path, flags, mode)) };
  expect(await findDamage(repo, generation, fs)).toBeUndefined();
  expect(opened).toEqual([]);
  // One more hard link changes ctime and nothing else.
  linkSync(rpm, `${rpm}.link`);
  expect(await findDamage(repo, generation, fs)).toBeUndefined();
});

test('an RPM changed in place through any of its links is damage', async () => {
  const { repo, generation, rpm, inGeneration } = await published();
  expect(await findDamage(repo, generation)).toBeUndefined();
  changeInPlace(rpm);
  expect(await findDamage(repo, generation)).toBe(inGeneration(ADDRESS));
  writeFileSync(rpm, 'rpm');
  const again = await publishGeneration(repo, [{ path: ADDRESS, source: rpm }]);
  expect(await findDamage(repo, again)).toBeUndefined();
});

test('a file that is gone from its address, or from the generation, is damage', async () => {
  const { repo, generation, inGeneration } = await published();
  rmSync(join(repo, 'published', ADDRESS));
  expect(await findDamage(repo, generation)).toBe(`published/${ADDRESS}`);
  rmSync(join(repo, inGeneration(METADATA)));
  expect(await findDamage(repo, generation)).toBe(`published/${ADDRESS}`);
  rmSync(join(repo, inGeneration(ADDRESS)));
  expect(await findDamage(repo, generation)).toBe(inGeneration(ADDRESS));
});

test('notes that are no JSON, or can not be written, only cost time', async () => {
  const { repo, generation } = await published();
  writeFileSync(join(repo, 'checked.json'), '{"gener');
  const { calls, fs } = faultyFs(Infinity);
  expect(await findDamage(repo, generation, fs)).toBeUndefined();
  for (let call = 1; call <= calls(); call++) {
    rmSync(join(repo, 'checked.json'), { force: true });
    const { fs: failing } = faultyFs(call, { code: 'ENOSPC' });
    const found = await findDamage(repo, generation, failing).catch((error: unknown) => String(error));
    expect(found === undefined || /ENOSPC/.test(found), found).toBe(true);
  }
});
