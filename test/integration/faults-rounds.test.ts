import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { EditedTree, randomFrom } from '../support/edited-tree.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { runUntil } from '../support/kill.js';
import { lacksBuildTools } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

/*
 * Rounds of edits, undos, deletions, renames, odd times, broken code and kills, each of which must end with what a clean build of the same tree gives, byte for byte. The
 * tree is built incrementally in one workspace, and from nothing in another.
 */

const SEED = Number(process.env['CRPM_TEST_SEED'] ?? 1);
/** Set `CRPM_TEST_ROUNDS=100` for the whole exercise. */
const ROUNDS = process.env['CRPM_TEST_ROUNDS'];

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine();
  if ('skipped' in engine) console.warn(`SKIPPED: rounds of incremental builds in containers: ${engine.skipped}`);
});

test.each([
  { place: 'on this machine', rounds: Number(ROUNDS ?? 6) },
  { place: 'in containers', rounds: Number(ROUNDS ?? 4) },
])('$rounds random rounds of incremental builds $place end each equal to a clean build', { timeout: 600_000 + 60_000 * Number(ROUNDS ?? 0) }, async ({ place, rounds }) => {
  const inContainers = place === 'in containers';
  if (inContainers ? 'skipped' in engine : lacksBuildTools()) return;
  const docker = inContainers && !('skipped' in engine) ? engine : undefined;
  const env: NodeJS.ProcessEnv = docker ? { DOCKER_HOST: docker.dockerHost } : {};
  console.log(`rounds ${place}: CRPM_TEST_SEED=${String(SEED)} CRPM_TEST_ROUNDS=${String(rounds)}`);

  const random = randomFrom(SEED);
  const rig = new CliRig();
  const tree = new EditedTree(join(rig.work, 'tree'), random);
  await execa('git', ['init', '--quiet'], { cwd: tree.dir });
  const basesystem = docker ? `basesystem: mine\nbasesystems: { mine: { image: "${docker.image}", dist: .el9, stream: 9 } }\n` : 'basesystem: host\n';
  const config = `${basesystem}kubevirt: false\nsources:\n  libtiny: { kind: meson-dist, dir: ../tree, spec: { tree: libtiny.spec.in } }\n`;
  rig.write({ 'dev/custom-rpms.config.yaml': config, 'clean/custom-rpms.config.yaml': config });
  const crpm = (name: string, ...argv: readonly string[]) => rig.crpm(['-C', name, ...argv], { env });

  const story: string[] = [];
  const build = async (name: string, ...options: readonly string[]) => {
    const { code, err, out } = await crpm(name, 'run', 'libtiny.rpmbuild', ...options);
    if (code !== 0 || err !== '') throw new Error(`${name} ended with ${String(code)} after ${story.join('; ')}\n${err}\n${out}`);
    return rpmsOf(join(rig.work, name));
  };
  try {
    await build('dev');
    for (let round = 1; round <= rounds; round++) {
      for (let acts = 1 + random(3); acts > 0; acts--) story.push(tree.act());
      if (random(4) === 0) {
        const mend = tree.break();
        expect([story, (await crpm('dev', 'run', 'libtiny.rpmbuild')).code]).toEqual([story, 1]);
        mend();
        story.push('break, build, mend');
      }
      if (random(3) === 0) {
        const point = 1 + random(30);
        await runUntil(rig, ['-C', 'dev', 'run', 'libtiny.rpmbuild'], env, point);
        story.push(`kill after event ${String(point)}`);
        if (random(2) === 0) story.push(tree.act());
      }
      story.push(`round ${String(round)}`);
      expect([story, await build('dev')]).toEqual([story, await build('clean', '--clean-build')]);
    }
  } finally {
    for (const name of ['dev', 'clean']) await crpm(name, 'clean');
    rig.remove();
  }
});

/** Names and digests of the RPMs that a workspace built last. */
function rpmsOf(root: string): readonly string[] {
  const results = join(root, '.crpm', 'results', 'libtiny.rpmbuild');
  return readdirSync(results, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.rpm'))
    .map((path) => `${path.split('/').at(-1) ?? ''} ${createHash('sha256').update(readFileSync(join(results, path))).digest('hex')}`)
    .sort();
}
