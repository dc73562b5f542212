/** The calls of a work that have not ended yet. */
export class Calls {
  readonly #ending = new AbortController();
  readonly #open = new Set<Promise<unknown>>();
  /** Aborted when the work is closed: whatever goes on in it ends then. */
  readonly signal = this.#ending.signal;

  async track<T>(call: Promise<T>): Promise<T> {
    this.#open.add(call);
    try {
      return await call;
    } finally {
      this.#open.delete(call);
    }
  }

  /** Ends all of them, and waits until they have. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#open);
  }
}
