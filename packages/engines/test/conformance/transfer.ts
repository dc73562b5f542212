import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { extractTar, packFiles, packPath } from '@crpm/archive';
import { FailureError } from '@crpm/core';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { MINUTE, type Rig } from './rig.js';

export function transfer(rig: Rig): void {
  const { openWork, sh } = rig;

  describe('put and get', () => {
    const names = ['plain', 'with space', 'new\nline', "quo'te\"", '$(id)', '-rf', 'ä€', '\xff\xfe-not-utf8', 'n'.repeat(255), `deep/${'d'.repeat(120)}/${'e'.repeat(120)}`];
    const raw = (latin1: string) => Buffer.from(latin1, 'latin1');

    it('bring every name, mode, time, link and byte back as they were', async () => {
      const source = join(rig.scratch, 'source');
      const bytes = (text: string) => (text === 'ä€' ? Buffer.from(text) : raw(text));
      for (const entry of names) {
        const path = Buffer.concat([Buffer.from(`${source}/`), bytes(entry)]);
        const slash = path.lastIndexOf(0x2f);
        mkdirSync(path.subarray(0, slash), { recursive: true });
        writeFileSync(path, entry);
        utimesSync(path, 1_600_000_000, 1_600_000_000);
      }
      chmodSync(join(source, 'plain'), 0o755);
      writeFileSync(join(source, 'binary'), Buffer.from(Array.from({ length: 100_003 }, (_, i) => (i * 7) % 256)));
      symlinkSync('plain', join(source, 'link'));
      symlinkSync('../plain', join(source, 'deep', 'up'));
      symlinkSync('nowhere', join(source, 'dangling'));

      const work = await openWork();
      await work.put(packPath(Buffer.from(source), 'tree'));
      expect((await sh(work, 'cat tree/plain; stat -c %Y tree/plain; stat -c %a tree/plain')).lines).toEqual(['plain1600000000', '755']);
      await extractTar(await work.get('tree'), join(rig.scratch, 'back'));
      expect(snapshot(join(rig.scratch, 'back', 'tree'))).toEqual(snapshot(source));
    });

    it('get of the root gives what is in it, of a file that file', async () => {
      const work = await openWork();
      await work.put(packFiles([{ path: 'one/a.txt', content: 'a' }, { path: 'b.txt', content: 'b' }]));
      await extractTar(await work.get('.'), join(rig.scratch, 'root'));
      expect([...snapshot(join(rig.scratch, 'root')).keys()].sort()).toEqual(['b.txt', 'one', 'one/a.txt']);
      await extractTar(await work.get('one/a.txt'), join(rig.scratch, 'file'));
      expect(readFileSync(join(rig.scratch, 'file', 'a.txt'), 'utf8')).toBe('a');
    });

    it('put adds to what is there and replaces files', async () => {
      const work = await openWork();
      await work.put(packFiles([{ path: 'd/x', content: 'old' }, { path: 'd/y', content: 'y' }]));
      await work.put(packFiles([{ path: 'd/x', content: 'new' }]));
      expect((await sh(work, 'cat d/x d/y')).lines).toEqual(['newy']);
    });

    it('get of what is not there names it', async () => {
      const work = await openWork();
      const { class: kind, message } = await failureOf(work.get('RPMS'));
      expect(kind).toBe('build');
      expect(message).toContain('RPMS');
    });

    it('put passes on the failure of whoever packs', async () => {
      const work = await openWork();
      const broken = Readable.from(
        (async function* () {
          yield Buffer.alloc(0);
          throw new FailureError({ class: 'source', message: 'changed while reading: meson.build' });
        })(),
        { objectMode: false },
      );
      expect(await failureOf(work.put(broken))).toMatchObject({ class: 'source', message: 'changed while reading: meson.build' });
    });

    it('moves 100 MB that come back with the same digest, and go to a program that has it too', async () => {
      const work = await openWork();
      expect((await sh(work, 'head -c 100000000 /dev/urandom > big; sha256sum big')).code).toBe(0);
      const [digest] = (await sh(work, 'sha256sum big')).lines[0]!.split(' ');
      const file = join(rig.scratch, 'big', 'big');
      await extractTar(await work.get('big'), join(rig.scratch, 'big'));
      expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(digest);
      expect((await sh(work, 'sha256sum again', { files: packPath(Buffer.from(file), 'again') })).lines).toEqual([`${digest}  again`]);
    }, 2 * MINUTE);
  });

  describe('a run that brings files', () => {
    it('has them all before the program starts, beside what is there', async () => {
      const work = await openWork();
      await sh(work, 'mkdir d && echo kept > d/kept && echo old > d/new');
      const files = packFiles([{ path: 'd/new', content: 'new\n', mode: 0o755, mtime: 1_600_000_000 }, { path: 'e/link', type: 'symlink', target: '../d/new' }]);
      expect((await sh(work, 'cat kept new ../e/link; stat -c "%a %Y" new', { cwd: 'd', files })).lines).toEqual(['kept', 'new', 'new', '755 1600000000']);
      await extractTar(await work.get('e'), join(rig.scratch, 'brought'));
      expect(readlinkSync(join(rig.scratch, 'brought', 'e', 'link'))).toBe('../d/new');
    });

    it('can be the only thing that a work does, and what it leaves comes out', async () => {
      const work = await openWork();
      expect(await sh(work, 'cp in out', { files: packFiles([{ path: 'in', content: 'text' }]) })).toMatchObject({ code: 0 });
      await work.put(packFiles([{ path: 'later', content: 'later' }]));
      await extractTar(await work.get('.'), join(rig.scratch, 'only'));
      expect([...snapshot(join(rig.scratch, 'only')).keys()].sort()).toEqual(['in', 'later', 'out']);
    });

    it.each([
      ['whoever packs fails', 'source', () => new FailureError({ class: 'source', message: 'changed while reading: meson.build' })],
      ['the archive is cut', 'environment', () => undefined],
    ])('runs nothing when %s, and the work lives on', async (_what, kind, error) => {
      const work = await openWork();
      const whole = packFiles([{ path: 'big', content: Buffer.alloc(1_000_000, 'x') }]);
      const files = Readable.from(
        (async function* () {
          for await (const chunk of whole) {
            yield (chunk as Buffer).subarray(0, 100_000);
            if ((chunk as Buffer).length > 100_000) break;
          }
          const failure = error();
          if (failure) throw failure;
        })(),
        { objectMode: false },
      );
      expect((await failureOf(sh(work, 'touch ran', { files }))).class).toBe(kind);
      expect((await sh(work, 'ls ran 2>/dev/null')).lines).toEqual([]);
    });

    it('is cancelled while they are sent, and then runs nothing', async () => {
      const work = await openWork();
      const controller = new AbortController();
      const begin = (await packFiles([{ path: 'big', content: Buffer.alloc(1_000_000) }]).toArray()) as Buffer[];
      // Somebody reads it, and it never ends.
      const files = new Readable({
        read() {
          const [chunk] = begin.splice(0, 1);
          if (begin.length > 1) this.push(chunk);
          else controller.abort();
        },
      });
      expect((await failureOf(sh(work, 'touch ran', { files, signal: controller.signal }))).class).toBe('cancelled');
      expect(files.destroyed).toBe(true);
      expect((await sh(work, 'ls ran 2>/dev/null')).lines).toEqual([]);
    });
  });
}

/** Path (latin1) → what is there, for a whole tree. */
function snapshot(root: string): Map<string, string> {
  const result = new Map<string, string>();
  const visit = (path: Buffer, relative: string) => {
    for (const name of readdirSync(path, { encoding: 'buffer' })) {
      const child = Buffer.concat([path, Buffer.from('/'), name]);
      const key = relative + name.toString('latin1');
      const stat = lstatSync(child);
      if (stat.isSymbolicLink()) result.set(key, `link ${readlinkSync(child, 'latin1')}`);
      else if (stat.isDirectory()) {
        result.set(key, 'folder');
        visit(child, `${key}/`);
      } else result.set(key, `file ${(stat.mode & 0o777).toString(8)} ${Math.floor(stat.mtimeMs / 1000)} ${createHash('sha256').update(readFileSync(child)).digest('hex')}`);
    }
  };
  visit(Buffer.from(root), '');
  return result;
}
