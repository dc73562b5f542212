import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linkCrpm, locateWorkspace, realFs, sweepLeftovers, sweepWorkspace, temporaryName, userFolders, writeFileAtomic, writeFileInPieces } from '../src/index.js';
import { faultyFs, temporaryFolder } from './tools.js';

const mode = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

describe('writeFileAtomic', () => {
  test('a new file gets its mode, an old one keeps its own', () => {
    const file = join(temporaryFolder(), 'WORKSPACE');
    writeFileAtomic(file, 'one', { mode: 0o600 });
    expect(mode(file)).toBe('600');
    chmodSync(file, 0o664);
    writeFileAtomic(file, Buffer.from('two'));
    expect(mode(file)).toBe('664');
    expect(readFileSync(file, 'utf8')).toBe('two');
  });

  test('whichever call fails, the file holds the old or the new, and nothing lies about', { timeout: 60_000 }, () => {
    for (let call = 1; ; call++) {
      const folder = temporaryFolder();
      const file = join(folder, 'f');
      writeFileSync(file, 'old');
      const { fs, calls } = faultyFs(call);
      let failed = false;
      try {
        writeFileAtomic(file, 'new', { fs });
      } catch {
        failed = true;
      }
      expect(['old', 'new']).toContain(readFileSync(file, 'utf8'));
      expect(readdirSync(folder)).toEqual(['f']);
      if (calls() < call) {
        expect(failed).toBe(false);
        break;
      }
    }
  });

  test('short writes are carried on', () => {
    const file = join(temporaryFolder(), 'f');
    writeFileAtomic(file, 'a long text', { fs: { ...realFs, write: (fd, bytes, offset) => realFs.write(fd, bytes.subarray(offset, offset + 3), 0) } });
    expect(readFileSync(file, 'utf8')).toBe('a long text');
  });

  test('a file in pieces is there whole, or the old one still is, whichever call fails', { timeout: 60_000 }, async () => {
    for (let call = 1; ; call++) {
      const folder = temporaryFolder();
      const file = join(folder, 'f');
      writeFileSync(file, 'old');
      const { fs, calls } = faultyFs(call);
      const failed = await writeFileInPieces(file, async (write) => {
        write('new ');
        await Promise.resolve();
        write('and long');
      }, { fs }).then(() => false, () => true);
      expect(['old', 'new and long']).toContain(readFileSync(file, 'utf8'));
      expect(readdirSync(folder)).toEqual(['f']);
      if (calls() < call) {
        expect(failed).toBe(false);
        break;
      }
    }
  });

  test('what a killed process left is swept, what the living and others have is not', () => {
    const folder = temporaryFolder();
    const living = temporaryName('.f');
    const names = [living, living.replace(/-(\d+)-[0-9a-f]{12}$/, '-1-000000000000'), living.replace(/crpm-[0-9a-f]{8}/, 'crpm-00000000'), 'f.crpm-foreign'];
    for (const name of names) writeFileSync(join(folder, name), '');
    expect(sweepLeftovers(folder)).toEqual([names[1]]);
    expect(readdirSync(folder).sort()).toEqual(names.filter((_name, index) => index !== 1).sort());
  });

  test('a whole workspace is swept: its state, the store, the folder of its config, and no work of the living', () => {
    const folder = temporaryFolder();
    const root = join(folder, 'kubevirt');
    mkdirSync(root);
    const workspace = locateWorkspace({ root, env: { XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') } });
    const living = temporaryName('x');
    const dead = living.replace(/-(\d+)-[0-9a-f]{12}$/, '-1-000000000000');
    const places = [root, workspace.state, join(workspace.state, 'tmp'), join(workspace.state, 'repo/generations'), join(workspace.cache, 'store/tmp')];
    for (const place of places) for (const name of [living, dead]) mkdirSync(join(place, name, 'sub'), { recursive: true });
    expect(sweepWorkspace(workspace, root)).toBe(places.length);
    for (const place of places) expect(existsSync(join(place, living)) && !existsSync(join(place, dead))).toBe(true);
  });
});

describe('locateWorkspace', () => {
  test('follows XDG, names by folder and real path, and is private', () => {
    const folder = temporaryFolder();
    const root = join(folder, 'my tree');
    mkdirSync(root);
    symlinkSync(root, join(folder, 'link'));
    const env = { XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') };
    const workspace = locateWorkspace({ root, env });
    expect(workspace.id).toMatch(/^my_tree-[0-9a-f]{8}$/);
    expect(workspace).toEqual({ id: workspace.id, state: join(folder, 'state/crpm', workspace.id), cache: join(folder, 'cache/crpm') });
    expect([workspace.state, join(workspace.state, '..'), workspace.cache].map(mode)).toEqual(['700', '700', '700']);
    expect(locateWorkspace({ root: join(folder, 'link'), env })).toEqual(workspace);
  });

  test('falls back to the home folder; a relative XDG value counts as unset', () => {
    const home = temporaryFolder();
    const { state, cache, id } = locateWorkspace({ root: home, env: { HOME: home, XDG_STATE_HOME: 'relative' } });
    expect([state, cache]).toEqual([join(home, '.local/state/crpm', id), join(home, '.cache/crpm')]);
  });

  test('an empty or relative HOME is none: the home folder of the account counts, and nothing lands in the working directory', () => {
    for (const HOME of ['', 'here']) expect(userFolders({ HOME }).stateHome).toBe(join(userInfo().homedir, '.local/state/crpm'));
  });

  test('a folder that everybody may read is closed', () => {
    const home = temporaryFolder();
    mkdirSync(join(home, '.cache/crpm'), { recursive: true, mode: 0o755 });
    expect(mode(locateWorkspace({ root: home, env: { HOME: home } }).cache)).toBe('700');
  });

  test('says which variable helps where no folder can be made, and that a root is not there', () => {
    const home = temporaryFolder();
    writeFileSync(join(home, '.local'), 'a file');
    expect(() => locateWorkspace({ root: home, env: { HOME: home } })).toThrow(`can't make the folder ${join(home, '.local/state/crpm')}`);
    expect(() => locateWorkspace({ root: join(home, 'none'), env: { HOME: home } })).toThrow('is not there');
  });

  test('a home that can never hold a folder is refused, not tried for ever', () => {
    const home = temporaryFolder();
    expect(() => locateWorkspace({ root: home, env: { HOME: '/proc/x' } })).toThrow("can't make the folder /proc/x/.local/state/crpm");
  });
});

describe('linkCrpm', () => {
  const git = (cwd: string, ...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

  function scene(): { folder: string; root: string; workspace: ReturnType<typeof locateWorkspace> } {
    const folder = temporaryFolder();
    const root = join(folder, 'tree');
    mkdirSync(root);
    return { folder, root, workspace: locateWorkspace({ root, env: { HOME: folder } }) };
  }

  test('links, and keeps git status clean, once and again', () => {
    const { root, workspace } = scene();
    git(root, 'init', '-q');
    for (let round = 0; round < 3; round++) expect(linkCrpm(root, workspace)).toEqual([]);
    expect(readlinkSync(join(root, '.crpm'))).toBe(workspace.state);
    expect(git(root, 'status', '--porcelain')).toBe('');
    expect(readFileSync(join(root, '.git/info/exclude'), 'utf8').match(/^\.crpm$/gm)).toHaveLength(1);
  });

  test('in a worktree and in a folder below, the line goes where git looks', () => {
    const { folder, root } = scene();
    git(root, 'init', '-q');
    git(root, 'commit', '-q', '--allow-empty', '-m', 'first');
    git(root, 'worktree', 'add', '-q', join(folder, 'other'));
    const below = join(folder, 'other', 'below');
    mkdirSync(below);
    const workspace = locateWorkspace({ root: below, env: { HOME: folder } });
    expect(linkCrpm(below, workspace)).toEqual([]);
    expect(git(below, 'status', '--porcelain')).toBe('');
    expect(readFileSync(git(below, 'rev-parse', '--git-path', 'info/exclude'), 'utf8')).toMatch(/^\.crpm$/m);
  });

  test('a line without an end before ours stays a line of its own', () => {
    const { root, workspace } = scene();
    git(root, 'init', '-q');
    writeFileSync(join(root, '.git/info/exclude'), '*.o');
    linkCrpm(root, workspace);
    expect(readFileSync(join(root, '.git/info/exclude'), 'utf8')).toBe('*.o\n.crpm\n');
  });

  test('without git only the link is made', () => {
    const { root, workspace } = scene();
    expect(linkCrpm(root, workspace)).toEqual([]);
    expect(readdirSync(root)).toEqual(['.crpm']);
  });

  test('a link that came along with a copied tree is turned to this workspace', () => {
    const { root, workspace } = scene();
    symlinkSync(join(workspace.state, '..', 'other-01234567'), join(root, '.crpm'));
    expect(linkCrpm(root, workspace)).toEqual([]);
    expect(readlinkSync(join(root, '.crpm'))).toBe(workspace.state);
  });

  test.each([
    ['folder', (path: string) => { mkdirSync(path); }],
    ['file', (path: string) => { writeFileSync(path, 'mine'); }],
    ['link', (path: string) => { symlinkSync('/elsewhere/x', path); }],
  ])('a foreign %s of that name stays, with a warning', (_what, make) => {
    const { root, workspace } = scene();
    make(join(root, '.crpm'));
    const before = lstatSync(join(root, '.crpm')).ino;
    expect(linkCrpm(root, workspace)).toEqual([`${join(root, '.crpm')} is not crpm's and stays as it is; logs and results are in ${workspace.state}`]);
    expect(lstatSync(join(root, '.crpm')).ino).toBe(before);
  });

  test('a .git file that leads to no repository is not followed', () => {
    const { folder, root, workspace } = scene();
    mkdirSync(join(folder, 'victim', 'info'), { recursive: true });
    writeFileSync(join(root, '.git'), `gitdir: ${join(folder, 'victim')}\n`);
    expect(linkCrpm(root, workspace)).toEqual([]);
    expect(existsSync(join(folder, 'victim/info/exclude'))).toBe(false);
  });
});
