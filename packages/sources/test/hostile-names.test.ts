import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { bytesOf, type BytePath } from '@crpm/archive';
import { expect, test } from 'vitest';
import { packTree, parseManifest, scanTree, serializeManifest } from '../src/index.js';
import { git, temporaryFolder } from './support/trees.js';

const absolute = (dir: string, path: BytePath) => Buffer.from(`${bytesOf(dir)}/${path}`, 'latin1');

const NASTY = ['-rf', '--help', ' ', '\n', '"', "'", '$(touch x)', '`id`', ';', '\\', '*', '?[a]', ':(exclude)a', 'é', '\xff\xfe', '\xc3', 'a\tb', '~', '#', '.gitignore ', '\x7f\x01', 'n'.repeat(255)];
const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f);
const component = fc
  .oneof(
    fc.constantFrom(...NASTY),
    fc.array(byte, { minLength: 1, maxLength: 255 }).map((bytes) => String.fromCharCode(...bytes)),
  )
  .filter((name) => name !== '.' && name !== '..' && !name.toLowerCase().startsWith('.git') && !/^git~/i.test(name));
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
/** A tree: paths none of which lies below another. */
const tree = fc
  .uniqueArray(fc.record({ path, link: fc.boolean(), content: component }), { selector: (entry) => entry.path, minLength: 1, maxLength: 8 })
  .filter((entries) => entries.every((one) => entries.every((other) => !other.path.startsWith(`${one.path}/`))));

test.each([['outside git', false], ['in a git work tree', true]])('names of any bytes make the whole way byte by byte, %s', async (_where, inGit) => {
  const home = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(tree, async (entries) => {
      const dir = mkdtempSync(join(home, 'tree-'));
      for (const entry of entries) {
        mkdirSync(absolute(dir, entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/')))), { recursive: true });
        if (entry.link) symlinkSync(Buffer.from(entry.content, 'latin1'), absolute(dir, entry.path));
        else writeFileSync(absolute(dir, entry.path), entry.content, 'latin1');
      }
      if (inGit) git(dir, 'init', '--quiet');
      const manifest = await scanTree(dir, { cacheFile: join(home, 'cache') });
      expect(manifest.entries.map((entry) => entry.path)).toEqual(entries.map((entry) => entry.path).sort());
      expect(parseManifest(serializeManifest(manifest), 'm')).toEqual(manifest);

      const chunks: Buffer[] = [];
      for await (const chunk of packTree(dir, manifest, { prefix: 'top' })) chunks.push(chunk as Buffer);
      const unpacked = mkdtempSync(join(home, 'unpacked-'));
      execFileSync('tar', ['--extract', '--file=-'], { cwd: unpacked, input: Buffer.concat(chunks), env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
      expect((await scanTree(join(unpacked, 'top'))).digest).toBe(manifest.digest);
    }),
    { numRuns: 40 },
  );
});
