import { treeChanges } from '@crpm/pipeline/build-tree/changes';
import { makeManifest, type ManifestEntry } from '@crpm/sources';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const file = (path: string, content = 'a', mode: 0o644 | 0o755 = 0o644): ManifestEntry => ({ type: 'file', path, mode, size: content.length, sha256: Buffer.from(content).toString('hex').padEnd(64, '0') });
const link = (path: string, target: string): ManifestEntry => ({ type: 'symlink', path, target });
const changes = (before: readonly ManifestEntry[], after: readonly ManifestEntry[]) => treeChanges(makeManifest(before), makeManifest(after));

describe('from one snapshot to the next', () => {
  test('what did not change is not sent, and nothing is done', () => {
    expect(changes([file('a.c'), link('l', 'a.c')], [file('a.c'), link('l', 'a.c')])).toEqual({ send: new Set(), altered: [], folders: [], layout: false });
  });

  test('other content or another executable bit is sent in place of the old', () => {
    expect(changes([file('a.c'), file('b.sh')], [file('a.c', 'b'), file('b.sh', 'a', 0o755)])).toEqual({ send: new Set(['a.c', 'b.sh']), altered: ['a.c', 'b.sh'], folders: [], layout: false });
  });

  test('files that come and go alter the layout, and folders that are empty then go too, the deepest first', () => {
    expect(changes([file('x/y/a.c'), file('x/b.c'), file('k/c.c')], [file('k/c.c'), file('k/d.c')])).toEqual({
      send: new Set(['k/d.c']),
      altered: ['x/b.c', 'x/y/a.c'],
      folders: ['x/y', 'x'],
      layout: true,
    });
  });

  test('names are bytes', () => {
    const { send } = changes([], [file('caf\xe9 \n"$(x)')]) as { send: ReadonlySet<string> };
    expect([...send]).toEqual(['caf\xe9 \n"$(x)']);
  });
});

describe('only a clean build will do', () => {
  const clean = (before: readonly ManifestEntry[], after: readonly ManifestEntry[]) => (changes(before, after) as { clean?: string }).clean;

  test('when a link names something else, or a file becomes a link', () => {
    expect(clean([link('l', 'a')], [link('l', 'b')])).toBe('l is a link, or was one');
    expect(clean([file('l')], [link('l', 'b')])).toBe('l is a link, or was one');
    expect(clean([link('l', 'b')], [file('l')])).toBe('l is a link, or was one');
  });

  test('when a file becomes a folder, or a folder a file', () => {
    expect(clean([file('a')], [file('a/b')])).toBe('a is a folder, or was one');
    expect(clean([file('a/b')], [file('a')])).toBe('a is a folder, or was one');
  });

  test('when a name comes or goes that another file has: an include may find that one now', () => {
    expect(clean([file('x/util.h')], [file('x/util.h'), file('y/util.h')])).toBe('y/util.h is new, and another file has that name');
    expect(clean([file('x/util.h'), file('y/util.h')], [file('x/util.h')])).toBe('y/util.h is gone, and another file has that name');
    expect(clean([file('x/util.h')], [file('y/util.h')])).toBe('y/util.h is new, and another file has that name');
    expect(clean([file('meson.build')], [file('meson.build'), file('src/meson.build')])).toBe('src/meson.build is new, and another file has that name');
  });

  test('when a template goes, as what it gave would stay', () => {
    expect(clean([file('config.h.in'), file('a.c')], [file('a.c')])).toBe('config.h.in is gone, from which other files are made');
  });
});

test('changes brought to the old tree give the new one, whatever the trees are', () => {
  const tree = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c/d', 'c/e', 'f/g/h', 'f/i'), fc.constantFrom('1', '2')), { selector: ([path]) => path }).map((pairs) => pairs.map(([path, content]) => file(path, content)));
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      const result = changes(before, after);
      if ('clean' in result) return;
      const held = new Map(before.map((entry) => [entry.path, entry]));
      for (const path of result.altered) held.delete(path);
      for (const entry of after) if (result.send.has(entry.path)) held.set(entry.path, entry);
      expect(makeManifest([...held.values()]).digest).toBe(makeManifest(after).digest);
      for (const folder of result.folders) expect(after.some(({ path }) => path.startsWith(`${folder}/`))).toBe(false);
    }),
  );
});
