import type { VirtualClock } from './clock.js';

export interface ClusterOptions {
  /** Nodes of each architecture. */
  readonly nodes: number;
  readonly cores: number;
  /** Mean time between losses of one node, milliseconds; infinite: none is ever lost. */
  readonly mtbf: number;
  readonly random: () => number;
}

/** Until a pod's container runs: scheduled, sandbox made, its image's last layer pulled; milliseconds. */
const POD_START = 4_000;
/** Until the cluster says that a node is gone (node-monitor-grace-period), and until another is in its place. */
const NOTICED = 40_000;
const REPLACED = 600_000;

interface Node {
  readonly arch: string;
  free: number;
  alive: boolean;
  readonly running: Set<() => void>;
}

interface Waiting {
  readonly arch: string;
  readonly cores: number;
  readonly since: number;
  readonly start: (node: Node) => void;
}

/** Nodes that run Jobs one beside the other as their requests allow, first come, first served where it fits; and that get lost. */
export class Cluster {
  jobs = 0;
  lost = 0;
  /** Milliseconds that Jobs waited for room. */
  queued = 0;
  readonly #clock: VirtualClock;
  readonly #cores: number;
  readonly #nodes: readonly Node[];
  readonly #waiting: Waiting[] = [];

  constructor(clock: VirtualClock, arches: readonly string[], { nodes, cores, mtbf, random }: ClusterOptions) {
    this.#clock = clock;
    this.#cores = cores;
    this.#nodes = arches.flatMap((arch) => Array.from({ length: nodes }, () => ({ arch, free: cores, alive: true, running: new Set<() => void>() })));
    if (Number.isFinite(mtbf)) for (const node of this.#nodes) this.#loseSomeTime(node, mtbf, random);
  }

  /** Runs one Job. False: its node was lost, which is noticed late. */
  run(arch: string, cores: number, ms: number): Promise<boolean> {
    this.jobs++;
    return new Promise((resolve) => {
      this.#waiting.push({ arch, cores, since: this.#clock.now, start: (node) => { this.#start(node, cores, ms, resolve); } });
      this.#fill();
    });
  }

  #start(node: Node, cores: number, ms: number, resolve: (whole: boolean) => void): void {
    node.free -= cores;
    let gone = false;
    const die = () => {
      gone = true;
      this.lost++;
      this.#clock.at(this.#clock.now + NOTICED, () => { resolve(false); });
    };
    node.running.add(die);
    this.#clock.at(this.#clock.now + POD_START + ms, () => {
      if (gone) return;
      node.running.delete(die);
      node.free += cores;
      resolve(true);
      this.#fill();
    });
  }

  #fill(): void {
    for (let index = 0; index < this.#waiting.length; ) {
      const { arch, cores, since, start } = this.#waiting[index]!; // below the length
      const node = this.#nodes.find((one) => one.alive && one.arch === arch && one.free >= cores);
      if (!node) {
        index++;
        continue;
      }
      this.#waiting.splice(index, 1);
      this.queued += this.#clock.now - since;
      start(node);
    }
  }

  #loseSomeTime(node: Node, mtbf: number, random: () => number): void {
    this.#clock.at(this.#clock.now - mtbf * Math.log(1 - random()), () => {
      const dying = [...node.running];
      node.running.clear();
      node.alive = false;
      for (const die of dying) die();
      this.#clock.at(this.#clock.now + REPLACED, () => {
        node.alive = true;
        node.free = this.#cores;
        this.#loseSomeTime(node, mtbf, random);
        this.#fill();
      });
    });
  }
}
