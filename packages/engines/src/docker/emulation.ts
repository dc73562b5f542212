import type { Readable } from 'node:stream';
import { packFiles } from '@crpm/archive';
import { fail, type Labels } from '@crpm/core';
import { goArchOf } from '../go-arch.js';
import { toEngineLabels } from '../labels.js';
import { ConnectionError, type Client } from './client.js';
import { createContainer, gone, removeContainer } from './container.js';
import { execute } from './execute.js';
import { followProgress } from './progress.js';
import { smallestProgram } from './smallest-program.js';

export interface Native {
  readonly client: Client;
  /** Of the engine's own machine. */
  readonly goArch: string;
}

interface Wish {
  readonly arch: string;
  readonly labels: Labels;
  readonly signal: AbortSignal;
}

/**
 * Whether an engine runs programs of other architectures: its kernel hands them to an emulator, or to nobody. Found out by running one, because neither the engine's API nor this machine's
 * `/proc` (the engine may be elsewhere) tells it; once for each architecture.
 */
export class Emulation {
  readonly #asked = new Map<string, Promise<boolean>>();

  constructor(private readonly native: Native) {}

  /** @throws FailureError `environment` for an architecture whose programs can't run there. */
  async require(wish: Wish): Promise<void> {
    const { client, goArch } = this.native;
    const wanted = goArchOf(wish.arch);
    if (wanted === goArch) return;
    let asked = this.#asked.get(wanted);
    if (!asked) {
      asked = runsProgram(client, wish);
      this.#asked.set(wanted, asked);
      // What could not be asked is asked again.
      asked.catch(() => this.#asked.delete(wanted));
    }
    if (await asked) return;
    fail({
      class: 'environment',
      message: `the engine at ${client.address} runs no programs for ${wish.arch}: its machine is ${goArch}, and its kernel has no emulator for others`,
      next:
        `Install one where the engine runs: apt install qemu-user-static binfmt-support (Debian, Ubuntu), dnf install qemu-user-static (Fedora), or docker run --privileged --rm tonistiigi/binfmt --install ${wanted}; ` +
        `then run again. Or give RPMs that were built elsewhere (sources.<name>.rpms), or leave ${wish.arch} out of arch.`,
      lines: [],
    });
  }
}

async function runsProgram(client: Client, { arch, labels, signal }: Wish): Promise<boolean> {
  const program = smallestProgram(arch);
  // Nobody can say; the build will tell.
  if (!program) return true;
  const what = `asking whether ${arch} programs run`;
  const image = await importProgram(client, program, labels, what, signal);
  try {
    const id = await createContainer(client, { image, argv: ['/crpm-runs'], env: {}, cwd: '/', network: 'none', labels });
    try {
      const { code } = await execute(client, id, { argv: ['/crpm-runs'], image, signal, line: () => {} });
      return code === 0;
    } catch (error) {
      // An engine that is gone says nothing about it; that the program can't be started is the answer.
      if (error instanceof ConnectionError || signal.aborted) throw error;
      return false;
    } finally {
      await removeContainer(client, id);
    }
  } finally {
    await gone(client.quick('removing an image', (abortSignal) => client.docker.getImage(image).remove({ force: true, abortSignal })));
  }
}

/** An image of that one file; its id. */
async function importProgram(client: Client, program: Buffer, labels: Labels, what: string, signal: AbortSignal): Promise<string> {
  const changes = Object.entries(toEngineLabels(labels)).map(([name, value]) => `LABEL ${name}=${value}`).join('\n');
  const tar = packFiles([{ path: 'crpm-runs', content: program, mode: 0o755 }]);
  const stream = await client.quick(what, (abortSignal) => client.docker.importImage(tar, { changes, abortSignal }));
  const progress = await followProgress(client, what, stream as Readable, { line: () => {} }, signal);
  const id = /sha256:[0-9a-f]{64}/.exec(progress.lines.join('\n'))?.[0];
  if (id === undefined) fail({ class: 'environment', message: `the engine at ${client.address} failed at ${what}: ${progress.error ?? 'it made no image'}`, next: 'Look at the engine’s own log (journalctl -u docker).' });
  return id;
}
