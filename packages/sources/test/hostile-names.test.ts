import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTree, parseManifest, scanTree, serializeManifest } from '../src/index.js';
import { tree, writeAnyTree } from './support/any-tree.js';
import { git, temporaryFolder } from './support/trees.js';

test.each([['outside git', false], ['in a git work tree', true]])('names of any bytes make the whole way byte by byte, %s', async (_where, inGit) => {
  const home = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(tree, async (entries) => {
      const dir = mkdtempSync(join(home, 'tree-'));
      writeAnyTree(dir, entries);
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
