import type { Selected, WorkspacePaths } from '@crpm/core';
import type { RunSummary } from '@crpm/runner';
import { ComplaintsError } from '../complaints.js';
import type { Project } from '../project.js';
import { Changes } from './changes.js';
import { FolderWatch } from './folder-watch.js';
import { changedBetween, look, type Look, type LookOptions } from './look.js';

/** How often the trees are looked at where the system has no watches left, milliseconds. */
const POLL = 2000;

/** A config as it is now, and the part of its graph that is wanted. */
export interface Prepared {
  readonly project: Project;
  readonly selected: Selected;
}

/** One round, for the faces. */
export interface Round {
  /** From 1. */
  readonly number: number;
  /** What was edited since the round before; empty in the first one, and when only the config changed. */
  readonly changed: readonly string[];
  readonly summary: RunSummary;
}

export interface WatchOptions {
  /** Reads the config anew. Throws {@link ComplaintsError}. */
  prepare(): Promise<Prepared>;
  kinds(): LookOptions['kinds'];
  workspace(project: Project): WorkspacePaths;
  /** Runs what is not fresh, under the workspace's lock. */
  run(prepared: Prepared): Promise<RunSummary>;
  readonly face: WatchFace;
  readonly signal: AbortSignal;
  readonly changes?: Changes;
  readonly folders?: Pick<FolderWatch, 'sync' | 'close'>;
}

/** What a face of `watch` is told. */
export interface WatchFace {
  round(round: Round, project: Project): Promise<void>;
  /** The config became one that can't be used; it is told once. */
  refused(error: ComplaintsError): void;
  /** What was refused can be used again. A round follows only if something differs from the last one. */
  mended(): void;
  /** The system refused to watch more folders: they are looked at every now and then. */
  polling(code: string): void;
  /** It was stopped between two rounds. */
  ended(): Promise<void>;
}

/**
 * Runs a first round, then one more whenever something that it was made from is another. One round at a time; a change during a round leads to the
 * next one, made from what is there then. A round is never cut short by a change: what it has compiled is what makes the next one quick, and a build tree
 * that is interrupted may have to be thrown away.
 *
 * Ends only by a throw: the signal's reason, or complaints about the config before the first round.
 */
export async function watch(options: WatchOptions): Promise<never> {
  const { face, signal } = options;
  const changes = options.changes ?? new Changes();
  const folders = options.folders ?? new FolderWatch(() => changes.note());
  const watcher = new Watcher(folders, changes, face);
  let before: { readonly look: Look; readonly graph: string } | undefined;
  let refused: string | undefined;
  try {
    for (let number = 1; ; await nextChange(changes, face, signal)) {
      let prepared: Prepared;
      try {
        prepared = await options.prepare();
        if (refused !== undefined) face.mended();
        refused = undefined;
      } catch (error) {
        if (!(error instanceof ComplaintsError) || !before) throw error;
        if (refused !== error.message) face.refused(error);
        refused = error.message;
        watcher.lookLater();
        continue;
      }
      const { project, selected } = prepared;
      // The folders are watched before the run reads the trees, so that no edit falls in between.
      const now = await watcher.look({ config: project.config, selected, kinds: options.kinds(), workspace: options.workspace(project), signal });
      const graph = JSON.stringify([...selected.graph.nodes.values(), project.config.engine]);
      const changed = before ? changedBetween(before.look, now) : [];
      const nothing = before?.graph === graph && changed.length === 0;
      before = { look: now, graph };
      if (nothing) continue;
      const summary = await options.run(prepared);
      await face.round({ number: number++, changed, summary }, project);
      signal.throwIfAborted();
    }
  } finally {
    watcher.close();
  }
}

async function nextChange(changes: Changes, face: WatchFace, signal: AbortSignal): Promise<void> {
  try {
    await changes.settled(signal);
  } catch (error) {
    if (signal.aborted) await face.ended();
    throw error;
  }
}

/** Looks, and keeps watched what it saw; where the system can't watch so much, tells the time to look by the clock. */
class Watcher {
  #timer: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;

  constructor(
    private readonly folders: Pick<FolderWatch, 'sync' | 'close'>,
    private readonly changes: Changes,
    private readonly face: WatchFace,
  ) {}

  /** Once more while there are new folders: what was put into one before it was watched, nobody would tell. */
  async look(options: LookOptions): Promise<Look> {
    for (;;) {
      const seen = await look(options);
      if (!this.#sync(seen.folders)) return seen;
    }
  }

  /** For what may be mended where nothing is watched: a tree that is not there. */
  lookLater(): void {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.changes.note(), POLL);
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#later);
    this.folders.close();
  }

  #sync(folders: ReadonlySet<string>): boolean {
    if (this.#timer) return false;
    try {
      return this.folders.sync(folders);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EMFILE' && code !== 'ENFILE') throw error;
      this.folders.close();
      this.#timer = setInterval(() => this.changes.note(), POLL);
      this.face.polling(code);
      return false;
    }
  }
}
