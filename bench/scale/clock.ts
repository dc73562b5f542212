interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Time that goes on when nothing is left to do now; milliseconds. */
export class VirtualClock {
  now = 0;
  /** A heap by time. */
  readonly #timers: Timer[] = [];

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => { this.at(this.now + ms, resolve); });
  }

  at(time: number, fire: () => void): void {
    const timers = this.#timers;
    timers.push({ at: time, fire });
    for (let index = timers.length - 1; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (timers[parent]!.at <= timers[index]!.at) break; // both are in the heap
      [timers[parent], timers[index]] = [timers[index]!, timers[parent]!];
      index = parent;
    }
  }

  /** Lets time pass until `work` has ended. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let ended = false;
    const watched = work.finally(() => { ended = true; });
    watched.catch(() => undefined);
    for (;;) {
      // All that follows from what fired, promise by promise, comes before a later time.
      await new Promise((resolve) => setImmediate(resolve));
      if (ended) return watched;
      const next = this.#pop();
      if (!next) throw new Error('nothing will ever happen again, and the work is not done');
      this.now = next.at;
      next.fire();
      while (this.#timers[0]?.at === this.now) this.#pop()?.fire();
    }
  }

  #pop(): Timer | undefined {
    const timers = this.#timers;
    const [first] = timers;
    const last = timers.pop();
    if (!first || !last || timers.length === 0) return first;
    timers[0] = last;
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const least = left + 1 < timers.length && timers[left + 1]!.at < timers[left]!.at ? left + 1 : left; // below the length
      if (least >= timers.length || timers[least]!.at >= timers[index]!.at) return first;
      [timers[least], timers[index]] = [timers[index]!, timers[least]!];
      index = least;
    }
  }
}
