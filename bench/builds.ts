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

/** The driver that KubeVirt runs, 20,000 lines: what a developer of it edits. */
const EDITED = 'src/qemu/qemu_driver.c';
/** In one message of it. */
const WORDS = /Waiting for dump completion[^"]*/;

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
      return changeRows(given, tree, workspace, Math.min(rounds, 9)).then(({ rows }) => rows);
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
        const { changed, rows } = await changeRows(given, tree, workspace, Math.min(rounds, 9));
        return [
          compared('first build of libvirt ÷ the steps of the bash script', first!, steps!, 0.5),
          compared('one-line change to the served repository ÷ the steps of the bash script', changed, repeated(steps!, changed), 1 / 60),
          ...rows,
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

/** After a first build: edits, each built by crpm and by rpmbuild alone. */
async function changeRows(given: BenchEngine, tree: string, workspace: BuildWorkspace, rounds: number): Promise<{ readonly changed: Times; readonly rows: readonly Row[] }> {
  const bare = await BareRpmbuild.start(given, await workspace.volumeOf('libvirt'));
  try {
    let edits = 0;
    const crpm = () => {
      edit(tree, ++edits);
      const begun = performance.now();
      runAll([workspace.crpm('run', 'serve')]);
      return performance.now() - begun;
    };
    const [changed, alone] = await inTurn([{ name: 'crpm', round: crpm }, { name: 'rpmbuild', round: () => bare.round(tree, EDITED) }], rounds, 1);
    return { changed: changed!, rows: [compared('one-line change to the served repository ÷ the bare in-place rpmbuild', changed!, alone!, 1.5)] };
  } finally {
    await bare.stop();
  }
}

/** The script's steps are the same whatever changed, and take minutes: their one round stands beside each of ours. */
function repeated(times: Times, { all }: Times): Times {
  return { ...times, all: all.flatMap(() => times.all) };
}

/** Another text in one message of libvirt's. */
function edit(tree: string, round: number): void {
  const file = join(tree, EDITED);
  const text = readFileSync(file, 'utf8');
  if (!WORDS.test(text)) throw new Error(`${file} has no message ${String(WORDS)}`);
  writeFileSync(file, text.replace(WORDS, `Waiting for dump completion, edit ${String(round)}`));
}
