import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { scanTree } from '@crpm/sources';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliRig } from './cli-rig.js';

const QUICKSTART = join(import.meta.dirname, '..', '..', 'examples', 'quickstart');

let rig: CliRig;
let upstream: string;
let lockFile: string;

beforeEach(async () => {
  rig = new CliRig();
  upstream = join(rig.root, 'qemu');
  lockFile = join(rig.work, 'custom-rpms.lock.yaml');
  cpSync(join(QUICKSTART, 'qemu'), upstream, { recursive: true });
  cpSync(join(QUICKSTART, 'qemu-kvm'), join(rig.work, 'qemu-kvm'), { recursive: true });
  await git('init', '--quiet', '--initial-branch=main');
  await commit();
});
afterEach(() => {
  rig.remove();
});

/** A config whose one source is QEMU, its tree from where `fields` say. */
function configure(...fields: readonly string[]): void {
  rig.write({ 'custom-rpms.config.yaml': ['basesystem: host', 'kubevirt: false', 'sources:', '  qemu:', ...fields.map((field) => `    ${field}`), '    spec: qemu-kvm'].join('\n') });
}

async function git(...argv: readonly string[]): Promise<string> {
  return (await execa('git', argv, { cwd: upstream, env: rig.env, extendEnv: false })).stdout;
}

async function commit(): Promise<string> {
  await git('add', '--all');
  await git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--quiet', '--message', 'a change');
  return git('rev-parse', 'HEAD');
}

const run = (...options: readonly string[]) => rig.crpm(['run', 'qemu.source', ...options]);
const exported = async (...argv: readonly string[]) => {
  const dir = join(rig.root, 'exported');
  const result = await rig.crpm(['source', 'export', ...argv, '--to', dir]);
  expect(result).toMatchObject({ code: 0, err: '' });
  return dir;
};

describe('a source from a git address', () => {
  test('is pinned by the first run; the next ones stay there until crpm update moves it', async () => {
    const first = await git('rev-parse', 'HEAD');
    configure(`git: "file://${upstream}"`, 'ref: main');
    expect(await run()).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(lockFile, 'utf8')).toContain(`commit: ${first}`);

    appendFileSync(join(upstream, 'README'), 'more\n');
    const second = await commit();
    expect((await run()).out).toContain('1 node: 1 fresh');

    const moved = await rig.crpm(['update']);
    expect(moved.out).toBe(`qemu  file://${upstream} main  ${first.slice(0, 12)} → ${second.slice(0, 12)}`);
    expect((await rig.crpm(['update', 'qemu'])).out).toContain(`${second.slice(0, 12)}, as before`);
    expect((await rig.crpm(['plan', 'qemu.source'])).out).toContain('custom-rpms.lock.yaml names another commit');
    expect((await run()).out).toMatch(/qemu\.source +ran/);
    expect((await run()).out).toContain('1 node: 1 fresh');
    expect(readFileSync(join(await exported('latest', 'qemu'), 'README'), 'utf8')).toContain('more');
  });

  test('by commit needs no pin and no lock file', async () => {
    configure(`git: "file://${upstream}"`, `ref: "${await git('rev-parse', 'HEAD')}"`);
    expect(await run('--locked')).toMatchObject({ code: 0, err: '' });
    expect(existsSync(lockFile)).toBe(false);
    expect((await rig.crpm(['update'])).out).toContain('nothing here is pinned');
  });

  test('that is not pinned is refused with --locked, by run and plan, with its place in the file', async () => {
    configure(`git: "file://${upstream}"`, 'ref: main');
    for (const command of ['run', 'plan']) {
      const { code, err } = await rig.crpm([command, '--locked']);
      expect(code).toBe(2);
      expect(err).toContain('custom-rpms.config.yaml:5:10: error: --locked: ');
      expect(err).toContain('does not say what main of file://');
    }
    expect(existsSync(lockFile)).toBe(false);
    expect((await rig.crpm(['update'])).out).toContain('pinned to');
    expect(await run('--locked')).toMatchObject({ code: 0 });
    configure(`git: "file://${upstream}"`, 'ref: other');
    expect((await run('--locked')).code).toBe(2);
  });

  test('whose files in the cache were edited is made again, with a warning', async () => {
    configure(`git: "file://${upstream}"`, 'ref: main');
    await run();
    const trees = join(rig.env['XDG_CACHE_HOME'] ?? '', 'crpm', 'trees');
    const [key] = readdirSync(trees);
    appendFileSync(join(trees, key ?? '', 'tree', 'README'), 'edited in the cache\n');
    expect((await run('--force')).out).toContain('was changed; it is made again');
    expect(existsSync(join(trees, key ?? '', 'tree', 'README'))).toBe(false);
  });
});

describe('a source from a tarball', () => {
  const pack = (name: string, ...options: readonly string[]) => {
    const file = join(rig.root, name);
    execFileSync('tar', ['--create', '--exclude=.git', '--file', file, ...options, '--directory', rig.root, 'qemu']);
    return file;
  };

  test('on this machine is unpacked, and again when it is another one', async () => {
    configure(`tarball: ${pack('qemu-1.tar.gz', '--gzip')}`);
    expect(await run()).toMatchObject({ code: 0, err: '' });
    expect((await run()).out).toContain('1 node: 1 fresh');
    appendFileSync(join(upstream, 'README'), 'more\n');
    pack('qemu-1.tar.gz', '--gzip');
    expect((await rig.crpm(['plan', 'qemu.source'])).out).toContain('tarball');
    expect((await run()).out).toMatch(/qemu\.source +ran/);
    expect(readFileSync(join(await exported('latest', 'qemu'), 'README'), 'utf8')).toContain('more');
    expect(existsSync(lockFile)).toBe(false);
  });

  test('that does not exist is refused before anything runs', async () => {
    configure('tarball: gone.tar.xz');
    const { code, err } = await run();
    expect(code).toBe(2);
    expect(err).toContain(`sources.qemu.tarball: gone.tar.xz does not exist`);
  });

  describe('at an address', () => {
    let server: Server;
    let url: string;
    let served: Buffer;

    beforeEach(async () => {
      served = readFileSync(pack('qemu-1.tar.xz', '--xz'));
      server = createServer((_request, response) => response.end(served));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/qemu-1.tar.xz`;
      configure(`tarball: ${url}`);
    });
    afterEach(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    test('is pinned by its sha256, and one that was replaced is refused until crpm update takes it', async () => {
      expect(await run()).toMatchObject({ code: 0, err: '' });
      expect(readFileSync(lockFile, 'utf8')).toMatch(/files:\n {2}- url: .*\n {4}sha256: '?[0-9a-f]{64}/);
      appendFileSync(join(upstream, 'README'), 'more\n');
      served = readFileSync(pack('qemu-2.tar.xz', '--xz'));
      expect((await run()).out).toContain('1 node: 1 fresh');

      rmSync(join(rig.env['XDG_CACHE_HOME'] ?? '', 'crpm', 'trees'), { recursive: true });
      const refused = await run();
      expect(refused.code).toBe(2);
      expect(refused.out).toContain('is not what was expected: its sha256 is ');
      expect((await rig.crpm(['update'])).out).toContain(' → ');
      expect(await run()).toMatchObject({ code: 0, err: '' });
      expect(readFileSync(join(await exported('latest', 'qemu'), 'README'), 'utf8')).toContain('more');
    });
  });
});

describe('crpm source export', () => {
  test('recreates the tree and the dist-git folder of each run, uncommitted work included', async () => {
    configure(`dir: ${upstream}`);
    writeFileSync(join(upstream, 'untracked.c'), 'first\n');
    await run();
    const [first] = (await rig.crpm(['status'])).out.match(/\d{8}T[\d.]+Z-[0-9a-f]{6}/) ?? [];
    const before = (await scanTree(upstream)).digest;
    writeFileSync(join(upstream, 'untracked.c'), 'second\n');
    appendFileSync(join(rig.work, 'qemu-kvm', 'qemu-kvm.spec'), '# second\n');
    await run();

    const dir = await exported(first ?? '', 'qemu');
    expect((await scanTree(dir)).digest).toBe(before);
    expect(readFileSync(`${dir}.dist-git/qemu-kvm.spec`, 'utf8')).not.toContain('# second');
    for (const folder of [dir, `${dir}.dist-git`]) rmSync(folder, { recursive: true });
    const latest = await exported('latest', 'qemu');
    expect(readFileSync(join(latest, 'untracked.c'), 'utf8')).toBe('second\n');
    expect(readFileSync(`${latest}.dist-git/qemu-kvm.spec`, 'utf8')).toContain('# second');
  });

  test('refuses a folder with something in it, a run or a source that is not there, and tells of a snapshot that is gone', async () => {
    configure(`dir: ${upstream}`);
    const refusal = async (...argv: readonly string[]) => {
      const { code, err } = await rig.crpm(['source', 'export', ...argv]);
      expect(code).toBe(2);
      return err;
    };
    expect(await refusal('latest', 'qemu')).toContain('nothing was run in this workspace yet');
    await run();
    mkdirSync(join(rig.root, 'full', 'of things'), { recursive: true });
    expect(await refusal('latest', 'qemu', '--to', join(rig.root, 'full'))).toContain('is not empty');
    expect(await refusal('yesterday', 'qemu')).toContain('there is no run yesterday; the runs are: ');
    expect(await refusal('latest', 'libvirt')).toContain('no run has a record of libvirt.source; sources with a tree: qemu');
    rmSync(join(rig.env['XDG_CACHE_HOME'] ?? '', 'crpm', 'snapshots.git'), { recursive: true });
    expect(await refusal('latest', 'qemu', '--to', join(rig.root, 'new'))).toContain('is gone: the cache outgrew cache.maxSize, or was emptied');
    expect(existsSync(join(rig.root, 'new'))).toBe(false);
  });
});
