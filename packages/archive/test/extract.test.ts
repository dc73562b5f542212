import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { encodeHeader, END_OF_ARCHIVE, extractTar, packFiles, paddingOf, unpack, type PackEntry, type TarHeader } from '../src/index.js';

let scratch: string;
let target: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'crpm-extract-'));
  target = join(scratch, 'target');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

async function* stream(...parts: Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}
const packed = async (entries: PackEntry[]): Promise<Buffer> => Buffer.concat(await packFiles(entries).toArray());
const raw = (header: Partial<TarHeader> & Pick<TarHeader, 'path'>, content = ''): Buffer =>
  Buffer.concat([encodeHeader({ type: 'file', mode: 0o644, mtime: 0, size: content.length, ...header }), Buffer.from(content), Buffer.alloc(paddingOf(content.length))]);
/** Another type flag, with the checksum made right. */
const flagged = (entry: Buffer, flag: string): Buffer => {
  const copy = Buffer.from(entry);
  copy.write(flag, 156);
  copy.write('        ', 148);
  let sum = 0;
  for (const byte of copy.subarray(0, 512)) sum += byte;
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return copy;
};
const refused = async (...parts: Buffer[]): Promise<string> => {
  const { class: kind, message } = await failureOf(extractTar(stream(...parts, END_OF_ARCHIVE), target));
  expect(kind).toBe('build');
  expect(readdirSync(scratch)).toEqual([]);
  return message;
};

describe('extractTar', () => {
  it('takes files, folders and links that stay inside, into a folder that appears at once', async () => {
    await extractTar(
      packFiles([
        { path: 'RPMS/x86_64/a.rpm', content: 'rpm', mode: 0o600 },
        { path: 'empty', type: 'directory' },
        { path: 'RPMS/latest', type: 'symlink', target: 'x86_64/a.rpm' },
        { path: 'RPMS/x86_64/up', type: 'symlink', target: '../../empty' },
      ]),
      target,
    );
    expect(readFileSync(join(target, 'RPMS/latest'), 'utf8')).toBe('rpm');
    expect(lstatSync(join(target, 'RPMS/x86_64/a.rpm')).mode & 0o777).toBe(0o600);
    expect(readlinkSync(join(target, 'RPMS/x86_64/up'))).toBe('../../empty');
    expect(readdirSync(scratch)).toEqual(['target']);
  });

  it('takes an empty folder’s place, and no other’s', async () => {
    mkdirSync(target);
    await extractTar(packFiles([{ path: 'a', content: '1' }]), target);
    await expect(extractTar(packFiles([{ path: 'b', content: '2' }]), target)).rejects.toThrow('not empty');
    expect(readdirSync(target)).toEqual(['a']);
    expect(readdirSync(scratch)).toEqual(['target']);
  });

  it('fails for an archive cut at any byte, and leaves nothing', async () => {
    const whole = await packed([
      { path: 'first', content: 'x'.repeat(700) },
      { path: `${'long/'.repeat(40)}name`, content: 'y' },
      { path: 'last', content: '' },
    ]);
    const places = new Set<number>();
    for (let at = 0; at < whole.length; at += 256) places.add(at).add(at + 1).add(at + 255);
    for (const at of [...places].filter((place) => place < whole.length)) {
      expect(await failureOf(extractTar(stream(whole.subarray(0, at)), target)), `cut at ${at}`).toMatchObject({ class: 'environment' });
    }
    expect(readdirSync(scratch)).toEqual([]);
    await extractTar(stream(whole), target);
    expect(readdirSync(target).sort()).toEqual(['first', 'last', 'long']);
  });

  it('reads the same archive in chunks of any size', async () => {
    const whole = await packed([{ path: 'a', content: 'a'.repeat(1000) }, { path: 'b', content: 'b' }]);
    for (const size of [1, 7, 511, 513]) {
      const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size));
      await extractTar(stream(...chunks), join(scratch, `t${size}`));
      expect(readFileSync(join(scratch, `t${size}`, 'a'), 'utf8')).toBe('a'.repeat(1000));
    }
  });

  it('fails for damage in a header and for data after the end', async () => {
    const whole = await packed([{ path: 'a', content: 'a' }]);
    const damaged = Buffer.from(whole);
    damaged[0]! ^= 1;
    expect((await failureOf(extractTar(stream(damaged), target))).message).toContain('checksum');
    expect((await failureOf(extractTar(stream(whole, Buffer.from('x')), target))).message).toContain('follows its end marker');
  });

  it.each(['../evil', 'a/../../evil', '/etc/evil', 'a/..'])('refuses the name %s', async (path) => {
    expect(await refused(raw({ path }, 'x'))).toContain(path);
  });

  it.each(['/etc/passwd', '..', '../x', 'a/../../x', ''])('refuses a link at the root to %j', async (to) => {
    await refused(raw({ path: 'link', type: 'symlink', target: to }));
  });

  it('refuses a link that climbs higher than it stands, and one that climbs behind another link', async () => {
    await refused(raw({ path: 'a/b/link', type: 'symlink', target: '../../../x' }));
    // a/up → a/..: with `up` resolved, `up/..` would be outside.
    await refused(raw({ path: 'a/up', type: 'symlink', target: '..' }), raw({ path: 'out', type: 'symlink', target: 'a/up/../x' }));
  });

  it('never writes through a link that the archive made', async () => {
    const message = await refused(raw({ path: 'dir/real', type: 'directory' }), raw({ path: 'link', type: 'symlink', target: 'dir' }), raw({ path: 'link/file' }, 'x'));
    expect(message).toContain('link is not a folder');
  });

  it('refuses to put a file or link where it has made a folder', async () => {
    await refused(raw({ path: 'd', type: 'directory' }), raw({ path: 'd', type: 'symlink', target: 'x' }));
  });

  it.each([
    ['1', 'hard links'],
    ['3', 'type 3'],
    ['4', 'type 4'],
    ['6', 'type 6'],
  ])('refuses the type %s', async (flag, words) => {
    expect(await refused(flagged(raw({ path: 'odd' }), flag))).toContain(words);
  });

  it('keeps to its limits', async () => {
    const files = [1, 2, 3].map((i) => ({ path: `f${i}`, content: 'x'.repeat(100) }));
    expect((await failureOf(extractTar(packFiles(files), target, { entries: 2 }))).message).toContain('more than 2 entries');
    expect((await failureOf(extractTar(packFiles(files), target, { bytes: 250 }))).message).toContain('more than 250 bytes');
    await extractTar(packFiles(files), target, { entries: 3, bytes: 300 });
  });

  it('drops setuid bits', async () => {
    await extractTar(packFiles([{ path: 'su', content: '', mode: 0o4755 }]), target);
    expect(lstatSync(join(target, 'su')).mode & 0o7777).toBe(0o755);
  });

  it.each(['gnu', 'pax', 'ustar'])('reads what GNU tar writes as %s, names byte for byte', async (format) => {
    const tree = join(scratch, 'tree');
    mkdirSync(tree);
    const names = [Buffer.from('ä'), Buffer.from([0x66, 0xff, 0xfe]), Buffer.from('n'.repeat(format === 'ustar' ? 90 : 200))];
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), name]), name);
    const tar = execFileSync('tar', [`--format=${format}`, '-C', tree, '-cf', '-', '.'], { env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
    await extractTar(stream(tar), target);
    const found = readdirSync(target, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
    expect(found.sort()).toEqual(names.map((name) => name.toString('latin1')).sort());
  });

  it('writes what GNU tar reads', async () => {
    const tar = await packed([{ path: `${'d/'.repeat(100)}f`, content: 'deep' }, { path: 'l', type: 'symlink', target: 't'.repeat(150) }]);
    mkdirSync(target);
    execFileSync('tar', ['-C', target, '-xf', '-'], { input: tar });
    expect(readFileSync(join(target, `${'d/'.repeat(100)}f`), 'utf8')).toBe('deep');
    expect(readlinkSync(join(target, 'l'))).toBe('t'.repeat(150));
  });
});

describe('unpack', () => {
  it('stores any link in a work folder, and follows none, not even one that was there before', async () => {
    const outside = join(scratch, 'outside');
    mkdirSync(outside);
    mkdirSync(target);
    symlinkSync(outside, join(target, 'planted'));
    await unpack(packFiles([{ path: 'abs', type: 'symlink', target: '/etc/passwd' }]), target, { links: 'any' });
    expect(readlinkSync(join(target, 'abs'))).toBe('/etc/passwd');
    await expect(unpack(packFiles([{ path: 'planted/file', content: 'x' }]), target, { links: 'any' })).rejects.toThrow('not a folder');
    await unpack(packFiles([{ path: 'abs', content: 'replaced' }]), target, { links: 'any' });
    expect(lstatSync(join(target, 'abs')).isFile()).toBe(true);
    expect(existsSync(join(outside, 'file'))).toBe(false);
  });
});
