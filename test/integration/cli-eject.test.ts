import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EditedTree, randomFrom } from '../support/edited-tree.js';
import { testEngine } from '../support/engine.js';
import { lacksBuildTools, stateOf, tinyProject, tinySpec } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

const engine = await testEngine();
const hasTools = !lacksBuildTools();
const onPath = (program: string) => (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));
if (!onPath('shellcheck')) console.warn('SKIPPED: shellcheck is not on PATH; ejected scripts are not checked by it');

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => rig.remove());

/** `name-epoch:version-release.arch` of all RPMs below a folder, sorted. */
async function nevras(folder: string): Promise<readonly string[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.rpm'));
  const { stdout } = await execa('rpm', ['-qp', '--nosignature', '--qf', '%{NAME}-%{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH}\\n', ...files.map((file) => join(folder, file))]);
  return [...new Set(stdout.split('\n'))].sort();
}

/** Ejects a part, runs it with bash, and says which RPMs are in its repository. */
async function ejected(env: NodeJS.ProcessEnv, ...nodes: readonly string[]): Promise<readonly string[]> {
  const { code, out, err } = await rig.crpm(['eject', ...nodes], { env });
  expect([code, err]).toEqual([0, '']);
  // Whoever has it needs no crpm.
  expect(out.split('\n').filter((line) => /^\s*(exec\s+|npx\s+)?crpm\s/.test(line))).toEqual([]);
  const script = join(rig.root, 'build.sh');
  writeFileSync(script, out);
  if (onPath('shellcheck')) expect((await execa('shellcheck', ['--shell=bash', '--severity=warning', script], { reject: false })).stdout).toBe('');
  const work = join(rig.root, 'by-hand');
  await execa('bash', [script], { cwd: rig.root, env: { ...rig.env, ...env, WORK: work }, extendEnv: false });
  return nevras(join(work, 'repo'));
}

describe('an ejected script, run by bash alone, makes the RPMs that crpm makes', () => {
  test.skipIf(!hasTools)('on this machine: of a tree with a spec beside it, of a meson tree with a template of a spec, and RPMs at hand', async () => {
    rig.write(tinyProject(tinySpec({ head: 'Patch1: first.patch\n' }).replace('%setup -q', '%autosetup -p1')));
    rig.write({
      'custom-rpms.config.yaml': 'basesystem: host\nkubevirt: false\nsources:\n  tiny: { dir: "a tree", spec: { dir: dist-git } }\n  libtiny: { dir: libtiny, kind: meson-dist, spec: { tree: libtiny.spec.in } }\n',
      'dist-git/first.patch': '--- a/text\n+++ b/text\n@@ -1 +1 @@\n-a text\n+a patched text\n',
    });
    cpSync(join(rig.work, 'tree'), join(rig.work, 'a tree'), { recursive: true });
    new EditedTree(join(rig.work, 'libtiny'), randomFrom(1));
    expect((await rig.crpm(['run', 'createrepo'])).code).toBe(0);
    const made = await nevras(join(stateOf(rig).dir, 'repo/current/'));
    expect(made.length).toBeGreaterThanOrEqual(2);
    expect(await ejected({}, 'createrepo')).toEqual(made);
  });

  test.skipIf('skipped' in engine)('in containers', async () => {
    if ('skipped' in engine) return;
    const env = { DOCKER_HOST: engine.dockerHost };
    rig.write(tinyProject(tinySpec(), engine.image));
    expect((await rig.crpm(['run', 'createrepo'], { env })).code).toBe(0);
    const made = await nevras(join(stateOf(rig).dir, 'repo/current/'));
    expect(made).toEqual([expect.stringMatching(/^tiny-0:1\.0-1\.el9\.crpm0001\./)]);
    expect(await ejected(env, 'createrepo')).toEqual(made);
  });
});

test('values of the config can not become commands, and what makes nothing is left out by name', async () => {
  rig.write({
    'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  note: { run: [echo, "it's $(touch owned) \`touch owned\` \\" ;"], env: { A: "$(touch owned)" } }\n`,
  });
  const { out } = await rig.crpm(['eject']);
  const { stdout } = await execa('bash', ['-s'], { input: out, cwd: rig.work, env: rig.env, extendEnv: false });
  expect(stdout).toContain('it\'s $(touch owned) `touch owned` " ;');
  expect(existsSync(join(rig.work, 'owned'))).toBe(false);
  expect((await rig.crpm(['eject', 'nope'])).code).toBe(2);
});

test('each stream and architecture has an image of its own, of its own architecture', async () => {
  rig.write({
    'tree/tiny.spec': tinySpec(),
    'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: [centos-stream-9, centos-stream-10]\narch: [x86_64, s390x]\nsources:\n  tiny: { dir: tree, preset: none, kind: rpmbuild, spec: { tree: tiny.spec } }\n',
  });
  const { code, out, err } = await rig.crpm(['eject']);
  expect([code, err]).toEqual([0, '']);
  const made = [...out.matchAll(/^ {2}derive "\$\w+" (crpm-eject-\S+-tools) (\S+) /gm)].map(([, tag, folder]) => `${tag ?? ''} ${folder ?? ''}`);
  expect(made).toEqual(['x86_64_cs9', 's390x_cs9', 'x86_64_cs10', 's390x_cs10'].map((place) => `crpm-eject-base-${place}-tools "$WORK"/base@${place}`));
  expect(out.match(/= s390x \] \|\| docker pull --platform linux\/s390x /g)).toHaveLength(2);
  expect(out.match(/^image_\w+=\$\(docker image inspect -f '\{\{\.Id\}\}' /gm)).toHaveLength(4);
});
