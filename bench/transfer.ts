import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Labels, Work } from '@crpm/core';
import { treeChanges } from '@crpm/pipeline/build-tree/changes';
import { packChanges } from '@crpm/pipeline/build-tree/send';
import { packTree, scanTree, type Manifest } from '@crpm/sources';
import { compared, type Bench } from './support/bench.js';
import { withEngine, type BenchEngine } from './support/engine.js';
import { inTurn, runAll } from './support/measure.js';
import { startRsyncDaemon } from './support/rsync-daemon.js';
import { copyOf, sourceTrees } from './support/trees.js';

const LABELS: Labels = { workspace: `bench-transfer-${process.pid}`, run: 'bench', node: 'qemu.rpmbuild' };
const BUDGET = 0.5;

/**
 * From an edit to where the build finds it: crpm scans the tree, opens the build tree and sends what changed, and the build’s own first step moves it into place;
 * rsync compares both sides and sends. What the build needs besides is left out on both sides: that the work is closed afterwards, and that rsync’s daemon
 * was started before. Where nothing changed, crpm has nothing to do but to see that.
 */
export const transfer: Bench = {
  name: 'transfer',
  title: 'sending one changed file of QEMU to the build volume ÷ rsync to a daemon in a container',
  async run({ rounds }) {
    const { qemu } = await sourceTrees();
    const folder = mkdtempSync(join(tmpdir(), 'crpm-bench-'));
    try {
      return await withEngine(async (given) => {
        const daemon = await startRsyncDaemon(given, LABELS);
        try {
          const ours = await Sender.fill(given, copyOf(qemu, join(folder, 'ours')), join(folder, 'scan'));
          const theirs = copyOf(qemu, join(folder, 'theirs'));
          const rsync = () => runAll([{ argv: ['rsync', '--archive', '--delete', '--exclude=/.git', `${theirs}/`, daemon.url] }]);
          rsync();
          const [send, rsyncOne] = await inTurn(
            [
              { name: 'crpm', round: () => timed(() => edit(ours.tree), () => ours.send(), () => ours.close()) },
              { name: 'rsync', round: () => timed(() => edit(theirs), rsync) },
            ],
            rounds,
          );
          const [look, rsyncNone] = await inTurn([{ name: 'crpm', round: () => ours.send() }, { name: 'rsync', round: rsync }], rounds);
          return [
            compared('one changed file of QEMU to the build volume ÷ rsync to a daemon', send!, rsyncOne!, BUDGET),
            compared('no change ÷ the same rsync', look!, rsyncNone!, BUDGET),
          ];
        } finally {
          await given.engine.remove(await given.engine.list({ workspace: LABELS.workspace }));
          await daemon.stop();
        }
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** crpm’s side, with what it remembers from one round to the next. */
class Sender {
  private sent = 0;
  private work: Work | undefined;

  private constructor(
    private readonly given: BenchEngine,
    readonly tree: string,
    private readonly cacheFile: string,
    private manifest: Manifest,
  ) {}

  /** A build tree that holds all of `tree`. */
  static async fill(given: BenchEngine, tree: string, cacheFile: string): Promise<Sender> {
    const sender = new Sender(given, tree, cacheFile, await scanTree(tree, { cacheFile }));
    const work = await sender.open();
    await work.put(packTree(tree, sender.manifest, { prefix: 'qemu' }));
    await work.close();
    return sender;
  }

  async send(): Promise<void> {
    const now = await scanTree(this.tree, { cacheFile: this.cacheFile });
    if (now.digest === this.manifest.digest) return;
    const changes = treeChanges(this.manifest, now);
    if ('clean' in changes) throw new Error(`a clean build would follow: ${changes.clean}`);
    this.work = await this.open();
    await this.work.put(packChanges({ dir: this.tree, manifest: now }, changes, String(++this.sent)));
    this.manifest = now;
  }

  async close(): Promise<void> {
    await this.work?.close();
  }

  private open() {
    const { engine, image } = this.given;
    return engine.openWork({ image, arch: engine.arch, labels: LABELS, tree: 'qemu', signal: new AbortController().signal });
  }
}

/** Another line at the end of one source file. */
function edit(tree: string): void {
  const file = join(tree, 'util/cutils.c');
  writeFileSync(file, `${readFileSync(file, 'utf8')}/* edited */\n`);
}

/** Milliseconds that `work` takes, without what has to be done before and after. */
async function timed(before: () => void, work: () => Promise<void> | void, after: () => Promise<void> | void = () => {}): Promise<number> {
  before();
  const begun = performance.now();
  await work();
  const ms = performance.now() - begun;
  await after();
  return ms;
}
