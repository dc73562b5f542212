import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { errorCode, Journal, publishGeneration, readCurrentGeneration, Store, type Fs } from '../../src/index.js';
import { MemoryFs, withFaults, type CrashOptions } from '../memory-fs.js';

/*
 * The machine loses its power after each call in turn. What was said to be done must be there afterwards, and what is there must be whole.
 */

const CRASHES: readonly CrashOptions[] = [
  { content: 'lost', names: 'synced' },
  { content: 'cut', names: 'synced' },
  { content: 'lost', names: 'all' },
  { content: 'cut', names: 'all' },
  { content: 'kept', names: 'all' },
];

/** Does something on a disk whose power goes after each call in turn, and shows what the next boot finds. `done`: it had been told that all went well. */
async function forEveryCut(prepare: (fs: MemoryFs) => Promise<void> | void, act: (fs: Fs) => Promise<void> | void, look: (after: MemoryFs, done: boolean, where: string) => Promise<void> | void): Promise<void> {
  for (let cut = 1; ; cut++) {
    const disk = new MemoryFs();
    await prepare(disk);
    const { fs, calls } = withFaults(disk, { failAt: cut, dead: true, torn: true });
    let done = true;
    try {
      await act(fs);
    } catch (error) {
      if (errorCode(error) !== 'EIO') throw error;
      done = false;
    }
    for (const crash of CRASHES) await look(disk.crashed(crash), done, `cut after call ${String(cut - 1)}, content ${crash.content}, names ${crash.names}`);
    if (calls() < cut) return;
  }
}

/** Writes a file as somebody who syncs it, and every folder above it, does. */
function put(fs: MemoryFs, path: string, text: string): void {
  const parts = path.split('/').slice(0, -1);
  fs.mkdir(parts.join('/'), 0o755);
  const fd = fs.open(path, 'w', 0o644);
  fs.write(fd, Buffer.from(text), 0);
  fs.fsync(fd);
  fs.close(fd);
  for (let depth = parts.length; depth > 0; depth--) sync(fs, parts.slice(0, depth).join('/') || '/');
}

function sync(fs: MemoryFs, folder: string): void {
  const fd = fs.open(folder, 'r');
  fs.fsync(fd);
  fs.close(fd);
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const rpm = (text: string) => ({ path: `el9/x86_64/by-sha256/${sha256(text)}/a.rpm`, source: `/built/${text}` });

test('the published generation is the old one or the new one, whole; and the new one once that was said', { timeout: 60_000 }, async () => {
  await forEveryCut(
    async (fs) => {
      put(fs, '/built/one', 'one');
      put(fs, '/built/two', 'two');
      put(fs, '/repo/here', '');
      await publishGeneration('/repo', [rpm('one')], fs);
    },
    (fs) => publishGeneration('/repo', [rpm('one'), rpm('two')], fs).then(() => undefined),
    async (after, done, where) => {
      const current = readCurrentGeneration('/repo', after);
      expect([where, current?.files.length]).toEqual([where, done ? 2 : (current?.files.length === 2 ? 2 : 1)]);
      for (const { path, sha256: digest } of current?.files ?? []) {
        for (const place of [`${current?.dir ?? ''}/${path}`, `/repo/published/${path}`]) expect([where, place, sha256(after.readFile(place).toString())]).toEqual([where, place, digest]);
      }
      // Whatever lies about: the next one publishes.
      const next = await publishGeneration('/repo', [rpm('two')], after);
      expect([where, readCurrentGeneration('/repo', after)?.id]).toEqual([where, next.id]);
    },
  );
});

test('an entry of the store holds what its name says, or is not there', { timeout: 60_000 }, async () => {
  await forEveryCut(
    (fs) => { put(fs, '/built/text', 'a text'); },
    (fs) => new Store('/cache', fs).add('/built/text', sha256('a text')),
    async (after, _done, where) => {
      const store = new Store('/cache', after);
      if (store.has(sha256('a text'))) expect([where, await store.restore(sha256('a text'), '/restored')]).toEqual([where, 'restored']);
      await store.add('/built/text', sha256('a text'));
      expect([where, await store.restore(sha256('a text'), '/again')]).toEqual([where, 'restored']);
    },
  );
});

test('a record of the journal that was taken is there, and those before it', { timeout: 60_000 }, async () => {
  await forEveryCut(
    (fs) => {
      put(fs, '/state/here', '');
      const journal = Journal.open('/state/journal', fs);
      journal.append({ record: 1 });
      journal.close();
    },
    (fs) => {
      const journal = Journal.open('/state/journal', fs);
      journal.append({ record: 2 });
    },
    (after, done, where) => {
      const all = [{ record: 1 }, { record: 2 }];
      const records = Journal.read('/state/journal', after);
      expect([where, records]).toEqual([where, all.slice(0, done ? 2 : records.length)]);
      expect(records.length).toBeGreaterThan(0);
    },
  );
});
