import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Labels } from '@crpm/core';
import { BareRpmbuild } from './support/bare-rpmbuild.js';
import { BashSteps } from './support/bash-steps.js';
import { compared, type Bench, type Row } from './support/bench.js';
import { BuildWorkspace } from './support/build-workspace.js';
import { withEngine, type BenchEngine } from './support/engine.js';
import { inTurn, runAll, type Times } from './support/measure.js';
import { copyOf, sourceTrees } from './support/trees.js';

const LABELS: Labels = { workspace: `bench-builds-${process.pid}`, run: 'bench', node: 'libvirt.rpmbuild' };

/** A line of libvirt that a developer changes. */
interface Edited {
  /** How the rows call it. */
  readonly what: string;
  readonly file: string;
  /** In one message of it. */
  readonly words: RegExp;
}

/** Live migration, 7,200 lines: nine in ten files of libvirt have fewer than 3,000. */
const TYPICAL: Edited = { what: 'one-line change', file: 'src/qemu/qemu_migration.c', words: /another migration job is already running[^"]*/ };
/** 20,800 lines: more than half of what rpmbuild alone takes is that of one compiler. */
const LARGEST: Edited = { what: 'one-line change of the driver’s largest file', file: 'src/qemu/qemu_driver.c', words: /Waiting for dump completion[^"]*/ };

/*
 * libvirt 9.0.0 in containers of one engine, from one image. crpm's side is always the command that a developer types, up to the served repository and the end of the process.
 */

export const change: Bench = {
  name: 'change',
  title: 'one-line change of libvirt to the served repository ÷ the bare in-place rpmbuild',
  slow: true,
  run: ({ rounds }) =>
    withLibvirt(async ({ given, tree, workspace }) => {
      runAll([workspace.crpm('run', 'serve')]);
      const changes = await measureChanges(given, tree, workspace, Math.min(rounds, 9));
      return changes.map(besideRpmbuild);
    }),
};

/** The steps of the bash script leave out its image and its web server, and take a quarter of an hour on two cores. */
export const script: Bench = {
  name: 'script',
  title: 'first build, and one-line change, of libvirt ÷ the steps of the bash script',
  slow: true,
  run: ({ rounds }) =>
    withLibvirt(async ({ given, libvirt, tree, folder, workspace }) => {
      const bash = await BashSteps.start(given, LABELS);
      try {
        const contenders = [
          { name: 'crpm', round: () => runAll([workspace.crpm('run', 'serve')]) },
          { name: 'script', round: () => bash.run(libvirt, join(folder, 'rpms')) },
        ];
        const [first, steps] = await inTurn(contenders, 1, 0);
        const changes = await measureChanges(given, tree, workspace, Math.min(rounds, 9));
        return [
          compared('first build of libvirt ÷ the steps of the bash script', first!, steps!, 0.5),
          ...changes.flatMap((change) => [besideSteps(change, steps!), besideRpmbuild(change)]),
        ];
      } finally {
        await bash.stop();
        await given.engine.remove(await given.engine.list({ workspace: LABELS.workspace }));
      }
    }),
};

interface Libvirt {
  readonly given: BenchEngine;
  /** As committed, and a copy to be edited. */
  readonly libvirt: string;
  readonly tree: string;
  /** For whatever else. */
  readonly folder: string;
  readonly workspace: BuildWorkspace;
}

async function withLibvirt(use: (libvirt: Libvirt) => Promise<readonly Row[]>): Promise<readonly Row[]> {
  const { libvirt } = await sourceTrees();
  const folder = mkdtempSync(join(tmpdir(), 'crpm-bench-'));
  try {
    const tree = copyOf(libvirt, join(folder, 'libvirt'));
    return await withEngine(async (given) => {
      const workspace = new BuildWorkspace(given, { libvirt: tree });
      try {
        return await use({ given, libvirt, tree, folder, workspace });
      } finally {
        workspace.close();
      }
    }, ['libvirt', 'qemu']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Change {
  readonly edited: Edited;
  /** To the served repository. */
  readonly crpm: Times;
  readonly rpmbuild: Times;
}

/** After a first build: edits, each built by crpm and by rpmbuild alone. */
async function measureChanges(given: BenchEngine, tree: string, workspace: BuildWorkspace, rounds: number): Promise<readonly Change[]> {
  const bare = await BareRpmbuild.start(given, await workspace.volumeOf('libvirt'));
  try {
    const changes: Change[] = [];
    for (const edited of [TYPICAL, LARGEST]) {
      let edits = 0;
      const crpm = () => {
        edit(tree, edited, ++edits);
        const begun = performance.now();
        runAll([workspace.crpm('run', 'serve')]);
        return performance.now() - begun;
      };
      const [changed, alone] = await inTurn([{ name: 'crpm', round: crpm }, { name: 'rpmbuild', round: () => bare.round(tree, edited.file) }], rounds, 1);
      changes.push({ edited, crpm: changed!, rpmbuild: alone! });
    }
    return changes;
  } finally {
    await bare.stop();
  }
}

function besideRpmbuild({ edited, crpm, rpmbuild }: Change): Row {
  return compared(`${edited.what} to the served repository ÷ the bare in-place rpmbuild`, crpm, rpmbuild, 1.5);
}

function besideSteps({ edited, crpm }: Change, steps: Times): Row {
  return compared(`${edited.what} to the served repository ÷ the steps of the bash script`, crpm, repeated(steps, crpm), 1 / 60);
}

/** The script's steps are the same whatever changed, and take minutes: their one round stands beside each of ours. */
function repeated(times: Times, { all }: Times): Times {
  return { ...times, all: all.flatMap(() => times.all) };
}

/** Another text in one message of libvirt's. */
function edit(tree: string, { file: name, words }: Edited, round: number): void {
  const file = join(tree, name);
  const text = readFileSync(file, 'utf8');
  if (!words.test(text)) throw new Error(`${file} has no message ${String(words)}`);
  writeFileSync(file, text.replace(words, (message) => `${message.replace(/, edit .*/, '')}, edit ${String(round)}`));
}
