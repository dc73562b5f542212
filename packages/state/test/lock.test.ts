import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import { acquireLock, ownIdentity, readLock, type LockHolder } from '../src/index.js';
import { bundle, faultyFs, start, temporaryFolder } from './tools.js';

const command = 'crpm test';
const holder = (change: Partial<LockHolder> = {}): LockHolder => ({ ...ownIdentity(), since: '2026-01-01T00:00:00.000Z', command: 'crpm run', ...change });

async function refusal(file: string): Promise<FailureError> {
  try {
    (await acquireLock(file, { command })).release();
  } catch (error) {
    if (error instanceof FailureError) return error;
    throw error;
  }
  throw new Error('the lock was given');
}

/** Takes the lock and gives it back. */
async function take(file: string): Promise<number> {
  const lock = await acquireLock(file, { command });
  expect(readLock(file)).toEqual(lock.holder);
  lock.release();
  return lock.holder.pid;
}

describe('one process', () => {
  test('the lock names its holder, and is free after the release, again and again', async () => {
    const file = join(temporaryFolder(), 'lock');
    expect(readLock(file)).toBeUndefined();
    for (let round = 0; round < 3; round++) {
      const lock = await acquireLock(file, { command });
      expect(readLock(file)).toMatchObject({ pid: process.pid, command });
      expect((await refusal(file)).failure).toEqual({
        class: 'locked',
        message: `this workspace is in use by pid ${String(process.pid)} on ${lock.holder.host} since ${lock.holder.since}: crpm test`,
        next: 'Wait until it ends, or stop it, then run again.',
      });
      lock.release();
      lock.release();
      expect(readLock(file)).toBeUndefined();
    }
    expect(readdirSync(join(file, '..'))).toEqual(['lock.3']);
  });

  test.each([
    ['nothing', ''], ['half a holder', JSON.stringify(holder()).slice(0, 30)], ['random bytes', '\0\xff\x13'], ['another JSON', '[1]'], ['null', 'null'],
    ['a holder with a pid of the wrong type', JSON.stringify({ ...holder(), pid: '1' })], ['a pid that is none', JSON.stringify(holder({ pid: -1 }))],
  ])('garbage is stale: %s', async (_what, content) => {
    const file = join(temporaryFolder(), 'lock');
    writeFileSync(`${file}.1`, content);
    expect(await take(file)).toBe(process.pid);
  });

  test('a folder in the place of a lock is garbage too', async () => {
    const file = join(temporaryFolder(), 'lock');
    mkdirSync(`${file}.4`);
    expect(await take(file)).toBe(process.pid);
  });

  test.each([
    ['a pid that is used by another process now', { start: '1' }],
    ['a process from before the last boot', { boot: '00000000-0000-0000-0000-000000000000' }],
  ])('a dead holder is told by %s', async (_what, change) => {
    const file = join(temporaryFolder(), 'lock');
    writeFileSync(`${file}.1`, JSON.stringify(holder(change)));
    expect(await take(file)).toBe(process.pid);
  });

  test.each([
    ['on another machine', { host: 'elsewhere', boot: '00000000-0000-0000-0000-000000000000', pid: 4_000_000 }],
    ['in another container', { namespace: 'pid:[1]', pid: 4_000_000 }],
  ])('a holder %s is never robbed, and the message says what to remove', async (_what, change) => {
    const file = join(temporaryFolder(), 'lock');
    writeFileSync(`${file}.1`, JSON.stringify(holder(change)));
    const { failure } = await refusal(file);
    expect(failure.message).toContain('in use by pid 4000000');
    expect(failure.next).toBe(`If that machine or container is gone, remove ${file}.1 and run again.`);
  });

  test('whichever call fails while it is taken, it is taken or free, nothing between', { timeout: 60_000 }, async () => {
    for (let call = 1; ; call++) {
      const file = join(temporaryFolder(), 'lock');
      await take(file);
      const { fs, calls } = faultyFs(call);
      const lock = await acquireLock(file, { command, fs }).catch((error: unknown) => {
        expect(String(error)).toContain('EIO');
        return undefined;
      });
      expect(readLock(file)).toEqual(lock?.holder);
      if (calls() < call) break;
      if (!lock) expect(await take(file)).toBe(process.pid);
    }
  });
});

describe('several processes', () => {
  test('a living holder is named, a killed one is followed', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'lock');
    const program = start(bundle('holder.ts', folder), file);
    expect(await program.line()).toBe('held');
    expect((await refusal(file)).message).toMatch(new RegExp(`in use by pid ${String(program.pid)} on .*: crpm run libvirt$`));
    program.child.kill('SIGKILL');
    await program.ended();
    expect(await take(file)).toBe(process.pid);
  });

  test('a holder that is stopped, however long, keeps its lock', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'lock');
    const program = start(bundle('holder.ts', folder), file);
    expect(await program.line()).toBe('held');
    program.child.kill('SIGSTOP');
    expect((await refusal(file)).message).toContain(`pid ${String(program.pid)}`);
    program.child.kill('SIGCONT');
    program.child.stdin?.end();
    await program.ended();
    expect(await take(file)).toBe(process.pid);
  });

  test('of twelve that want a dead holder\'s lock at once, one gets it, and the others learn who', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const script = bundle('holder.ts', folder);
    const file = join(folder, 'lock');
    writeFileSync(`${file}.7`, JSON.stringify(holder({ start: '1' })));
    const programs = Array.from({ length: 12 }, () => start(script, file));
    const answers = await Promise.all(programs.map((program) => program.line()));
    const winner = programs.filter((_program, index) => answers[index] === 'held');
    expect(winner).toHaveLength(1);
    for (const answer of answers) {
      if (answer !== 'held') expect(answer).toContain(`refused: this workspace is in use by pid ${String(winner[0]?.pid)} on `);
    }
    for (const program of programs) program.child.stdin?.end();
    await Promise.all(programs.map((program) => program.ended()));
    expect(readdirSync(folder).filter((name) => name.startsWith('lock.') || name.startsWith('.lock.'))).toEqual(['lock.8']);
  });
});
