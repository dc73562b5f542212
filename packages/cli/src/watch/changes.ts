import { setTimeout as delay } from 'node:timers/promises';

/** Quiet for this long, a save is over; milliseconds. Editors write, rename and remove within less. */
const QUIET = 80;
/** A stream of changes without a pause (a checkout, a build in the tree) is cut after this many such spans. */
const MOST = 25;

/** Waits this many milliseconds; rejects when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * That something changed, until somebody asks. However many changes there are while a round goes on, they make one more round: what they were is
 * seen by looking at the trees as they are then.
 */
export class Changes {
  readonly #sleep: Sleep;
  #count = 0;
  #seen = 0;
  #wake: (() => void) | undefined;

  constructor(sleep: Sleep = (ms, signal) => delay(ms, undefined, { signal })) {
    this.#sleep = sleep;
  }

  note(): void {
    this.#count++;
    this.#wake?.();
  }

  /** Resolves when something changed since the last time, and is quiet again. Rejects with the signal's reason. */
  async settled(signal: AbortSignal): Promise<void> {
    await this.#noted(signal);
    for (let spans = 0, count = -1; count !== this.#count && spans < MOST; spans++) {
      count = this.#count;
      await this.#sleep(QUIET, signal).catch(() => undefined);
      signal.throwIfAborted();
    }
    this.#seen = this.#count;
  }

  async #noted(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#count !== this.#seen) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done);
    });
    this.#wake = undefined;
    signal.throwIfAborted();
  }
}
