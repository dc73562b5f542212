import { appendFileSync, cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliRig } from './cli-rig.js';

const QUICKSTART = join(import.meta.dirname, '..', '..', 'examples', 'quickstart');
const missing = ['rpmbuild', 'createrepo_c', 'gcc', 'make', 'git'].filter((program) => !(process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program))));
if (missing.length > 0) console.warn(`SKIPPED: builds from a dist-git repository; not on PATH: ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('a spec in a dist-git repository', () => {
  let rig: CliRig;
  let distGit: string;
  let lockFile: string;

  beforeEach(async () => {
    rig = new CliRig();
    distGit = join(rig.root, 'qemu-kvm');
    lockFile = join(rig.work, 'custom-rpms.lock.yaml');
    cpSync(join(QUICKSTART, 'qemu'), join(rig.work, 'qemu'), { recursive: true });
    cpSync(join(QUICKSTART, 'qemu-kvm'), distGit, { recursive: true });
    await git('init', '--quiet', '--initial-branch=c9s');
    await commit();
    rig.write({
      'custom-rpms.config.yaml': ['basesystem: host', 'kubevirt: false', 'sources:', '  qemu:', '    dir: qemu', `    spec: { git: "file://${distGit}", branch: c9s }`].join('\n'),
    });
  });
  afterEach(() => {
    rig.remove();
  });

  async function git(...argv: readonly string[]): Promise<string> {
    return (await execa('git', argv, { cwd: distGit, env: rig.env, extendEnv: false })).stdout;
  }

  async function commit(): Promise<string> {
    await git('add', '--all');
    await git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--quiet', '--message', 'a spec');
    return git('rev-parse', 'HEAD');
  }

  test('is pinned by the first run, stays pinned when the branch moves, and follows it when crpm update says so or the pin is deleted', async () => {
    const pinned = await git('rev-parse', 'HEAD');
    expect(await rig.crpm(['run', 'qemu.rpmbuild'])).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(lockFile, 'utf8')).toContain(`commit: ${pinned}`);

    appendFileSync(join(distGit, 'qemu-kvm.spec'), '\n# a later word\n');
    const moved = await commit();
    expect((await rig.crpm(['run', 'qemu.rpmbuild'])).out).toContain('4 nodes: 4 fresh');
    expect(readFileSync(lockFile, 'utf8')).toContain(`commit: ${pinned}`);

    expect((await rig.crpm(['update'])).out).toBe(`qemu  file://${distGit} c9s  ${pinned.slice(0, 12)} → ${moved.slice(0, 12)}`);
    expect(readFileSync(lockFile, 'utf8')).toContain(`commit: ${moved}`);
    rmSync(lockFile);
    expect((await rig.crpm(['run', 'qemu.rpmbuild'])).out).toMatch(/qemu\.source +ran/);
    expect(readFileSync(lockFile, 'utf8')).toContain(`commit: ${moved}`);
  });

  test('with a branch that is not there fails the source node by name, and pins nothing', async () => {
    rig.write({ 'custom-rpms.config.yaml': readFileSync(join(rig.work, 'custom-rpms.config.yaml'), 'utf8').replace('branch: c9s', 'branch: c8s') });
    const { code, out } = await rig.crpm(['run', 'qemu.rpmbuild']);
    expect(code).toBe(2);
    expect(out).toMatch(/qemu\.source failed: .*c8s/);
    expect(out).toContain('c9s');
    expect(existsSync(lockFile)).toBe(false);
  });
});
