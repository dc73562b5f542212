import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Labels, Work } from '@crpm/core';
import { treeChanges } from '@crpm/pipeline/build-tree/changes';
import { packChanges } from '@crpm/pipeline/build-tree/send';
import { packTree, scanTree, type Manifest } from '@crpm/sources';
import { execa } from 'execa';
import { compared, type Bench } from './support/bench.js';
import { withEngine, type BenchEngine } from './support/engine.js';
import { inTurn, runAll } from './support/measure.js';
import { startRsyncDaemon } from './support/rsync-daemon.js';
import { copyOf, sourceTrees } from './support/trees.js';

const LABELS: Labels = { workspace: `bench-transfer-${process.pid}`, run: 'bench', node: 'qemu.rpmbuild' };
const BUDGET = 0.5;
const A_MINUTE = 61_000;
const NEVER = new AbortController().signal;

const EDITED = 'util/cutils.c';

/**
 * Two rows for an edited file. What sending it takes: crpm scans the tree and puts what changed into the container that is about to build; rsync compares both sides and sends. And all of the way
 * until a program in the build's container has read the edit: that container is made and started in either way, the script's by `docker run --volumes-from`. That rsync's
 * daemon was started before, and that containers are removed afterwards, is left out. Where nothing changed, crpm has nothing to do but to see that.
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
          const trees = { ours: copyOf(qemu, join(folder, 'ours')), theirs: copyOf(qemu, join(folder, 'theirs')) };
          const ours = await Sender.fill(given, trees.ours, join(folder, 'scan'));
          const { theirs } = trees;
          // A tree in use is older than a minute, from when on it is looked at by git.
          await delay(A_MINUTE);
          const rsync = () => runAll([{ argv: ['rsync', '--archive', '--delete', '--exclude=/.git', `${theirs}/`, daemon.url] }]);
          rsync();
          const readTheirs = async (): Promise<string> => (await execa('docker', ['--host', given.dockerHost, 'run', '--rm', '--network', 'none', '--volumes-from', daemon.container, given.image, 'tail', '-n', '1', `/volume/${EDITED}`])).stdout;
          const [send, rsyncOne] = await inTurn(
            [
              { name: 'crpm', round: () => timed(async () => { await ours.open(); edit(ours.tree); }, () => ours.send(), () => ours.close()) },
              { name: 'rsync', round: () => timed(() => void edit(theirs), rsync) },
            ],
            rounds,
          );
          const [look, rsyncNone] = await inTurn([{ name: 'crpm', round: () => ours.send() }, { name: 'rsync', round: rsync }], rounds);
          const [read, rsyncRead] = await inTurn(
            [
              { name: 'crpm', round: () => arrives(ours.tree, () => ours.sendAndRead(), () => ours.close()) },
              { name: 'rsync', round: () => arrives(theirs, () => { rsync(); return readTheirs(); }) },
            ],
            Math.min(rounds, 9),
          );
          return [
            compared('one changed file of QEMU to the build volume ÷ rsync to a daemon', send!, rsyncOne!, BUDGET),
            compared('no change ÷ the same rsync', look!, rsyncNone!, BUDGET),
            compared('one changed file, until a program in a new container has read it ÷ the same with rsync', read!, rsyncRead!),
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
    const work = await sender.openTree();
    await work.put(packTree(tree, sender.manifest, { prefix: 'qemu' }));
    await work.close();
    return sender;
  }

  /** A container that sees the tree and does not run, as that of a build before its start. */
  async open(): Promise<void> {
    this.work = await this.openTree();
    await this.work.run({ argv: ['true'], signal: NEVER, line: () => {} });
  }

  /** Into the container of {@link open}, if there is something to send. */
  async send(): Promise<void> {
    const files = await this.changed();
    if (files) await this.work?.put(files);
  }

  /** The last line of the edited file, as the container reads it that the changes came with. */
  async sendAndRead(): Promise<string> {
    const files = await this.changed();
    if (!files) throw new Error('nothing changed');
    this.work = await this.openTree();
    const lines: string[] = [];
    await this.work.run({ argv: ['tail', '-n', '1', `sync/${String(this.sent)}/files/${EDITED}`], files, signal: NEVER, line: (line) => lines.push(line) });
    return lines.join('\n');
  }

  async close(): Promise<void> {
    await this.work?.close();
  }

  private async changed(): Promise<Readable | undefined> {
    const now = await scanTree(this.tree, { cacheFile: this.cacheFile });
    if (now.digest === this.manifest.digest) return undefined;
    const changes = treeChanges(this.manifest, now);
    if ('clean' in changes) throw new Error(`a clean build would follow: ${changes.clean}`);
    this.manifest = now;
    return packChanges({ dir: this.tree, manifest: now }, changes, String(++this.sent));
  }

  private openTree(): Promise<Work> {
    const { engine, image } = this.given;
    return engine.openWork({ image, arch: engine.arch, labels: LABELS, tree: 'qemu', signal: NEVER });
  }
}

/** Another line at the end of one source file; gives the line. */
function edit(tree: string): string {
  const file = join(tree, EDITED);
  const line = `/* edited ${randomUUID()} */`;
  writeFileSync(file, `${readFileSync(file, 'utf8')}${line}\n`);
  return line;
}

/** Milliseconds from an edit until `read` has its line. */
async function arrives(tree: string, read: () => Promise<string>, after: () => Promise<void> = async () => {}): Promise<number> {
  const line = edit(tree);
  const begun = performance.now();
  const found = await read();
  const ms = performance.now() - begun;
  if (found !== line) throw new Error(`the edit did not arrive: ${found}`);
  await after();
  return ms;
}

/** Milliseconds that `work` takes, without what has to be done before and after. */
async function timed(before: () => Promise<void> | void, work: () => Promise<void> | void, after: () => Promise<void> | void = () => {}): Promise<number> {
  await before();
  const begun = performance.now();
  await work();
  const ms = performance.now() - begun;
  await after();
  return ms;
}
