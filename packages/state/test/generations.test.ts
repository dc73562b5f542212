import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publishGeneration, readCurrentGeneration, releasePublished, type GenerationFile } from '../src/index.js';
import { faultyFs, temporaryFolder } from './tools.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const address = (text: string) => `cs9/x86_64/by-sha256/${sha256(text)}/a.rpm`;

class Scene {
  readonly folder = temporaryFolder();
  readonly repo = join(this.folder, 'repo');
  #files = 0;

  file(path: string, content: string): GenerationFile {
    const source = join(this.folder, `source-${String(this.#files++)}`);
    writeFileSync(source, content);
    return { path, source };
  }

  /** An RPM at its address, and metadata. */
  files(rpm: string, repodata: string): readonly GenerationFile[] {
    return [this.file(address(rpm), rpm), this.file('cs9/x86_64/repodata/repomd.xml', repodata)];
  }

  served(path: string): string {
    return readFileSync(join(this.repo, path), 'utf8');
  }
}

test('a generation is whole: files, manifest, and the link that names it', async () => {
  const scene = new Scene();
  expect(readCurrentGeneration(scene.repo)).toBeUndefined();
  const generation = await publishGeneration(scene.repo, scene.files('rpm', 'xml'));
  const files = [
    { path: address('rpm'), size: 3, sha256: sha256('rpm') },
    { path: 'cs9/x86_64/repodata/repomd.xml', size: 3, sha256: sha256('xml') },
  ];
  expect(generation).toEqual({ id: generation.id, dir: join(scene.repo, 'generations', generation.id), files });
  expect(JSON.parse(scene.served('current/manifest.json'))).toEqual(files);
  expect(scene.served(`current/${address('rpm')}`)).toBe('rpm');
  expect(readlinkSync(join(scene.repo, 'current'))).toBe(`generations/${generation.id}`);
  expect(readCurrentGeneration(scene.repo)).toEqual(generation);
});

test('addresses stay: an RPM of an older generation is still published, its metadata is not', async () => {
  const scene = new Scene();
  await publishGeneration(scene.repo, scene.files('old', 'old xml'));
  await publishGeneration(scene.repo, scene.files('new', 'new xml'));
  expect(scene.served(`published/${address('old')}`)).toBe('old');
  expect(scene.served(`published/${address('new')}`)).toBe('new');
  expect(scene.served('current/cs9/x86_64/repodata/repomd.xml')).toBe('new xml');
  expect(existsSync(join(scene.repo, 'current', address('old')))).toBe(false);
  expect(existsSync(join(scene.repo, 'published/cs9/x86_64/repodata'))).toBe(false);
});

test('equal content is the same generation; going back makes the old one current again', async () => {
  const scene = new Scene();
  const first = await publishGeneration(scene.repo, scene.files('1', 'x'));
  const inode = lstatSync(first.dir).ino;
  expect(await publishGeneration(scene.repo, scene.files('1', 'x'))).toEqual(first);
  expect(lstatSync(first.dir).ino).toBe(inode);
  const second = await publishGeneration(scene.repo, scene.files('2', 'x'));
  expect(second.id).not.toBe(first.id);
  expect(await publishGeneration(scene.repo, scene.files('1', 'x'))).toEqual(first);
  expect(readCurrentGeneration(scene.repo)).toEqual(first);
  expect(readdirSync(join(scene.repo, 'generations')).sort()).toEqual([first.id, second.id].sort());
});

test('a damaged generation is not reused, and a damaged address is mended', async () => {
  const scene = new Scene();
  const first = await publishGeneration(scene.repo, scene.files('rpm', 'xml'));
  const published = join(scene.repo, 'published', address('rpm'));
  chmodSync(published, 0o644);
  writeFileSync(published, 'bad');
  const second = await publishGeneration(scene.repo, scene.files('rpm', 'xml'));
  expect(second).toMatchObject({ id: `${first.id}-2`, files: first.files });
  expect(scene.served(`current/${address('rpm')}`)).toBe('rpm');
  expect(scene.served(`published/${address('rpm')}`)).toBe('rpm');
});

test('many at once: each is whole, one is current', async () => {
  const scene = new Scene();
  const all = await Promise.all(Array.from({ length: 12 }, (_, index) => publishGeneration(scene.repo, scene.files(String(index % 4), 'x'))));
  expect(new Set(all.map(({ id }) => id)).size).toBe(4);
  expect(all).toContainEqual(readCurrentGeneration(scene.repo));
  for (const { dir, files } of all) for (const file of files) expect(sha256(readFileSync(join(dir, file.path), 'utf8'))).toBe(file.sha256);
  expect(readdirSync(join(scene.repo, 'generations'))).toHaveLength(4);
});

test('an address that lies is refused, and nothing is published', async () => {
  const scene = new Scene();
  await publishGeneration(scene.repo, scene.files('rpm', 'xml'));
  const before = readCurrentGeneration(scene.repo);
  await expect(publishGeneration(scene.repo, [scene.file(address('rpm'), 'other bytes')])).rejects.toThrow('is to be published as');
  expect(readCurrentGeneration(scene.repo)).toEqual(before);
  expect(readdirSync(join(scene.repo, 'generations'))).toHaveLength(1);
});

test.each(['../out', '/etc/passwd', 'a//b', 'a/../../b', '', '.', 'manifest.json', 'a\0b'])('the path %j does not get into a generation', async (path) => {
  const scene = new Scene();
  await expect(publishGeneration(scene.repo, [scene.file(path, 'x')])).rejects.toThrow('not a path inside a generation');
});

test('what a dead process staged is removed, what a living one stages is not', async () => {
  const scene = new Scene();
  const { temporaryName } = await import('../src/index.js');
  const living = temporaryName('.staged');
  const dead = living.replace(/-\d+-\d+-([0-9a-f]{12})$/, '-4194305-1-$1');
  for (const name of [living, dead, 'foreign']) mkdirSync(join(scene.repo, 'generations', name), { recursive: true });
  const { id } = await publishGeneration(scene.repo, scene.files('rpm', 'xml'));
  expect(readdirSync(join(scene.repo, 'generations')).sort()).toEqual([id, living, 'foreign'].sort());
});

describe('faults', () => {
  test.each([{ dead: false }, { dead: true }])('whichever call fails (disk dead from then on: $dead), the current generation is whole and the next run publishes', { timeout: 60_000 }, async ({ dead }) => {
    for (let call = 1; ; call++) {
      const scene = new Scene();
      const old = await publishGeneration(scene.repo, scene.files('old', 'old xml'));
      const files = scene.files('new', 'new xml');
      const { fs, calls } = faultyFs(call, { dead, code: 'ENOSPC' });
      await publishGeneration(scene.repo, files, fs).catch((error: unknown) => { expect(String(error)).toContain('ENOSPC'); });

      const current = readCurrentGeneration(scene.repo);
      for (const file of current?.files ?? []) expect(sha256(scene.served(`current/${file.path}`))).toBe(file.sha256);
      if (current?.id !== old.id) expect(scene.served(`published/${address('new')}`)).toBe('new');
      const next = await publishGeneration(scene.repo, files);
      expect(readCurrentGeneration(scene.repo)).toEqual(next);
      expect(scene.served(`published/${address('new')}`)).toBe('new');
      expect(scene.served(`published/${address('old')}`)).toBe('old');
      if (calls() < call) break;
    }
  });
});

test('old generations go, but for the current one, the last five of the others, and those of the last day; their RPMs stay', async () => {
  const scene = new Scene();
  const ids: string[] = [];
  for (let number = 0; number < 9; number++) {
    ids.push((await publishGeneration(scene.repo, scene.files(`rpm ${String(number)}`, `xml ${String(number)}`))).id);
    const days = number === 1 ? 0.5 : 20 - number;
    utimesSync(join(scene.repo, 'generations', ids.at(-1) ?? ''), new Date(), new Date(Date.now() - days * 86_400_000));
  }
  const { id } = await publishGeneration(scene.repo, scene.files('last', 'last xml'));
  expect(readdirSync(join(scene.repo, 'generations')).sort()).toEqual([id, ids[1], ...ids.slice(5)].sort());
  for (let number = 0; number < 9; number++) expect(scene.served(`published/${address(`rpm ${String(number)}`)}`)).toBe(`rpm ${String(number)}`);
});

test('published RPMs are released on request, but for those that somebody names and those of the current generation', async () => {
  const scene = new Scene();
  for (const rpm of ['free', 'named', 'current']) await publishGeneration(scene.repo, scene.files(rpm, `${rpm} xml`));
  expect(releasePublished(scene.repo, (digest) => digest === sha256('named'))).toMatchObject({ released: 1, kept: 2 });
  expect(existsSync(join(scene.repo, 'published/cs9/x86_64/by-sha256', sha256('free')))).toBe(false);
  for (const rpm of ['named', 'current']) expect(scene.served(`published/${address(rpm)}`)).toBe(rpm);
  expect(releasePublished(scene.repo, () => true)).toEqual({ released: 0, bytes: 0, kept: 2 });
});
