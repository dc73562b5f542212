/** Work that goes on beside a run, a few at a time, and is waited for in the end. */
export class Background {
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #atOnce: number;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** How much is not done. */
  get left(): number {
    return this.#waiting.length + this.#running.size;
  }

  /** `action` must not fail. */
  add(action: () => Promise<void>): void {
    this.#waiting.push(action);
    this.#next();
  }

  /** Forgets what has not begun. */
  clear(): void {
    this.#waiting.length = 0;
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #next(): void {
    while (this.#running.size < this.#atOnce) {
      const action = this.#waiting.shift();
      if (!action) return;
      const running = action().finally(() => {
        this.#running.delete(running);
        this.#next();
      });
      this.#running.add(running);
    }
  }
}
