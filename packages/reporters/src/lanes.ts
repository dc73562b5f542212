/** Numbers for things that go on at the same time, the lowest free one first, so that few rows show all of them. From 1. */
export class Lanes {
  readonly #busy = new Set<number>();

  take(): number {
    let lane = 1;
    while (this.#busy.has(lane)) lane++;
    this.#busy.add(lane);
    return lane;
  }

  give(lane: number): void {
    this.#busy.delete(lane);
  }
}
