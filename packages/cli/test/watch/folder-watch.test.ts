import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderWatch } from '../../src/watch/folder-watch.js';

let root: string;
let folders: FolderWatch;
let told: (() => void) | undefined;
let count = 0;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'crpm-watch-')));
  mkdirSync(join(root, 'src'));
  writeFileSync(join(root, 'src/a.c'), 'one');
  count = 0;
  folders = new FolderWatch(() => {
    count++;
    told?.();
  });
});
afterEach(() => {
  folders.close();
  rmSync(root, { recursive: true, force: true });
});

/** Resolves at the next change that the system tells of. */
const change = () => new Promise<void>((resolve) => (told = resolve));

describe('the system tells of', () => {
  const edits: readonly (readonly [string, () => void])[] = [
    ['a save in place', () => writeFileSync(join(root, 'src/a.c'), 'two')],
    ['a save by rename, as editors do it', () => {
      writeFileSync(join(root, 'swap'), 'two');
      renameSync(join(root, 'swap'), join(root, 'src/a.c'));
    }],
    ['a file that is removed', () => rmSync(join(root, 'src/a.c'))],
    ['a new file', () => writeFileSync(join(root, 'src/b.c'), '')],
    ['a new folder', () => mkdirSync(join(root, 'src/more'))],
    ['a folder that goes', () => rmSync(join(root, 'src'), { recursive: true })],
  ];
  test.each(edits)('%s', async (_what, edit) => {
    expect(folders.sync(new Set([root, join(root, 'src')]))).toBe(true);
    const changed = change();
    edit();
    await changed;
    expect(count).toBeGreaterThan(0);
  });

  test('a save in a folder that was replaced by another of its name', async () => {
    folders.sync(new Set([root, join(root, 'src')]));
    const replaced = change();
    renameSync(join(root, 'src'), join(root, 'old'));
    mkdirSync(join(root, 'src'));
    await replaced;
    expect(folders.sync(new Set([root, join(root, 'src')]))).toBe(true);
    const changed = change();
    writeFileSync(join(root, 'src/new.c'), '');
    await changed;
  });
});

describe('with a stand-in for the system', () => {
  function system(limit = Infinity) {
    const open = new Map<string, (event: string, name: string | null) => void>();
    const watching = new FolderWatch(
      () => undefined,
      (folder, changed) => {
        if (folder.includes('missing')) throw Object.assign(new Error('no'), { code: 'ENOENT' });
        if (open.size >= limit) throw Object.assign(new Error('no more'), { code: 'ENOSPC' });
        open.set(folder, changed);
        return { close: () => void open.delete(folder), on: () => undefined as never };
      },
    );
    return { open, watching };
  }

  test('only new folders are opened, others closed, and those that are not there left out', () => {
    const { open, watching } = system();
    expect(watching.sync(new Set(['/t', '/t/a', '/t/missing']))).toBe(true);
    expect(watching.sync(new Set(['/t', '/t/a', '/t/missing']))).toBe(false);
    expect(watching.sync(new Set(['/t', '/t/b']))).toBe(true);
    expect([...open.keys()]).toEqual(['/t', '/t/b']);
    watching.close();
    expect(open.size).toBe(0);
  });

  test('a folder that is renamed or removed loses its watch, with all below it', () => {
    const { open, watching } = system();
    watching.sync(new Set(['/t', '/t/a', '/t/a/b', '/t/ab']));
    open.get('/t')?.('rename', 'a');
    expect([...open.keys()]).toEqual(['/t', '/t/ab']);
    open.get('/t/ab')?.('rename', 'ab');
    expect([...open.keys()]).toEqual(['/t']);
    open.get('/t')?.('change', 'a');
    expect(watching.sync(new Set(['/t', '/t/a', '/t/a/b', '/t/ab']))).toBe(true);
  });

  test('when the system has no more watches, that is thrown', () => {
    expect(() => system(1).watching.sync(new Set(['/t', '/t/a']))).toThrow('no more');
  });
});
