import { compareEvrBazeldnf, formatRelation, type Relation } from '@crpm/rpm';
import type { Involved } from './involved.js';
import { providedNames, requirementsOf, satisfies, type Candidate, type ResolverRpm } from './universe.js';
import type { ResolverVersion } from './versions.js';

/** `unknown`: too many ways to find one that is possible. `everyWay`: what is not among them is in no solution that is as good. */
export type Choice = { readonly outcome: 'chosen'; readonly rpms: readonly ChosenRpm[]; readonly everyWay: boolean } | { readonly outcome: 'no-solution' } | { readonly outcome: 'unknown' };

export interface ChosenRpm extends Candidate {
  /** Whether every solution that is as good has it; else which one the resolver finds is chance, or nobody looked at all of them. */
  readonly certain: boolean;
}

/** What may be looked at before giving up: one for each look at a requirement. Several choices may share it. */
export interface Fuel {
  left: number;
}

/** Enough for one choice in a distribution, a fraction of a second, and equally good solutions that are compared. */
const FUEL = 300_000;
const SOLUTIONS = 64;
/** What it costs to make the formula of one RPM, in looks at a requirement. */
const MAKING = 30;

/** A requirement: exactly one of these must be installed. */
type OneOf = readonly number[];

interface Item {
  readonly candidate: Candidate;
  /** What it costs to take it, for it is not the newest of its name. */
  readonly cost: number;
  readonly oneOf: readonly OneOf[];
  readonly never: readonly number[];
  /**
   * Nothing meets one of its requirements. The solver then forgets those that follow and demands that those before, all of them together, are *not* met: with none
   * before it can't be taken, else it can, without what it needs.
   */
  readonly notAll?: readonly OneOf[];
}

/**
 * What bazeldnf's solver ends with: every request's newest RPM, for each requirement of what is taken *exactly one* RPM that meets it, and among all such
 * sets one that leaves out what is older than the newest of its name. Exact, by search; the model leaves nothing out that its formula has, but
 * how it finds one of several equal solutions, which is chance here.
 */
export function choose(involved: Involved, version: ResolverVersion, ignored: readonly RegExp[] = [], fuel: Fuel = { left: Infinity }): Choice {
  fuel.left -= involved.candidates.size * MAKING;
  if (fuel.left <= 0) return { outcome: 'unknown' };
  const isIgnored = ({ key }: Candidate) => ignored.some((pattern) => pattern.test(key));
  const { items, requested } = formula(involved, version, isIgnored);
  const search = new Search(items, Math.min(FUEL, fuel.left));
  const possible = search.take(requested);
  const forced = search.taken();
  if (possible) search.descend(0);
  fuel.left -= search.burnt;
  const [first] = search.best;
  if (!first) return { outcome: search.fuel <= 0 ? 'unknown' : 'no-solution' };
  const everyWay = search.fuel > 0 && search.best.length < SOLUTIONS;
  const isCertain = (index: number) => forced.has(index) || (everyWay && search.best.every((other) => other.has(index)));
  const rpms = [...first].map((index) => ({ ...candidateAt(items, index), certain: isCertain(index) })).filter((chosen) => !isIgnored(chosen));
  return { outcome: 'chosen', rpms, everyWay };
}

function formula({ candidates, names }: Involved, version: ResolverVersion, isIgnored: (candidate: Candidate) => boolean): { readonly items: readonly Item[]; readonly requested: readonly number[] } {
  const list = [...candidates.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
  const providing = indexByProvided(list);
  const meeting = new Map<string, OneOf>();
  const accepting = (relation: Relation): OneOf => {
    const key = formatRelation(relation);
    const known = meeting.get(key) ?? (providing.get(relation.name) ?? []).filter((index) => satisfies(rpmAt(list, index), relation));
    meeting.set(key, known);
    return known;
  };
  const sameName = new Map<string, number[]>();
  for (const [index, { rpm }] of list.entries()) sameName.set(rpm.name, [...(sameName.get(rpm.name) ?? []), index]);
  const costs = costsOf(list, sameName);
  const items = list.map((candidate, index): Item => {
    const conflicting = (candidate.rpm.conflicts ?? []).flatMap((relation) => accepting(relation));
    const twins = version.oneEvrPerName ? (sameName.get(candidate.rpm.name) ?? []) : [];
    const oneOf = isIgnored(candidate) ? [] : requirementsOf(candidate.rpm).map(accepting);
    const unmet = oneOf.findIndex((providers) => providers.length === 0);
    return {
      candidate,
      cost: costs[index] ?? 0,
      never: [...conflicting, ...twins].filter((other) => other !== index),
      ...(unmet < 0 ? { oneOf } : { oneOf: [], notAll: oneOf.slice(0, unmet) }),
    };
  });
  return { items, requested: names.flatMap((name) => newestOf(list, providing.get(name) ?? [])) };
}

/** The newest of them; of several that tie, the first. */
function newestOf(list: readonly Candidate[], indices: readonly number[]): readonly number[] {
  const [first, ...others] = indices;
  if (first === undefined) return [];
  return [others.reduce((newest, index) => (compareEvrBazeldnf(rpmAt(list, index), rpmAt(list, newest)) > 0 ? index : newest), first)];
}

/** The newest of a name costs nothing; of the others, the older the more. */
function costsOf(list: readonly Candidate[], sameName: ReadonlyMap<string, readonly number[]>): readonly number[] {
  const costs = list.map(() => 0);
  for (const indices of sameName.values()) {
    const older = [...indices].sort((a, b) => compareEvrBazeldnf(rpmAt(list, a), rpmAt(list, b)) || a - b).slice(0, -1);
    for (const [age, index] of older.entries()) costs[index] = Math.max(1901 - 100 * age, 1);
  }
  return costs;
}

function indexByProvided(list: readonly Candidate[]): ReadonlyMap<string, readonly number[]> {
  const result = new Map<string, number[]>();
  for (const [index, { rpm }] of list.entries()) {
    for (const name of providedNames(rpm)) {
      const indices = result.get(name);
      if (indices) indices.push(index);
      else result.set(name, [index]);
    }
  }
  return result;
}

function candidateAt(items: readonly Item[], index: number): Candidate {
  return itemAt(items, index).candidate;
}

function itemAt(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (!item) throw new Error(`there is no RPM ${index}`);
  return item;
}

function rpmAt(list: readonly Candidate[], index: number): ResolverRpm {
  const candidate = list[index];
  if (!candidate) throw new Error(`there is no RPM ${index}`);
  return candidate.rpm;
}

/** Depth first, cheapest way first, with a way back. Depth: the number of real choices on the way, a handful in a distribution. */
class Search {
  /** The cheapest solutions found, all of one cost. */
  best: ReadonlySet<number>[] = [];
  fuel: number;
  readonly #tank: number;
  readonly #items: readonly Item[];
  readonly #state: Int8Array;
  /** What was decided, in order, to take it back: index + 1, negative if it was ruled out. */
  readonly #trail: number[] = [];
  /** Requirements of what is taken; equal ones are one list, and stand here once. */
  readonly #open: OneOf[] = [];
  readonly #isOpen = new Set<OneOf>();
  /** Open requirements by what may meet them, in the order in which they were opened. */
  readonly #watching: OneOf[][];
  /** Taken, and with requirements of {@link Item.notAll}. */
  readonly #spoiled: number[] = [];
  #waiting: OneOf[] = [];
  #cost = 0;
  #bestCost = Infinity;

  constructor(items: readonly Item[], fuel: number) {
    this.#items = items;
    this.fuel = this.#tank = fuel;
    this.#state = new Int8Array(items.length);
    this.#watching = items.map(() => []);
  }

  get burnt(): number {
    return this.#tank - this.fuel;
  }

  /** Takes RPMs and all that follows from it. False if that can't be. */
  take(indices: readonly number[]): boolean {
    this.#waiting = [];
    for (const index of indices) if (!this.#set(index)) return false;
    return this.#propagate();
  }

  taken(): ReadonlySet<number> {
    return new Set([...this.#state.keys()].filter((index) => this.#state[index] === 1));
  }

  /** `from`: what was opened before is met. */
  descend(from: number): void {
    if (this.#cost > this.#bestCost || this.best.length >= SOLUTIONS) return;
    let at = from;
    while (at < this.#open.length && (this.#open[at] ?? []).some((index) => this.#state[index] === 1)) at++;
    this.fuel -= at - from;
    const undecided = this.#open[at] ?? this.#spoilers();
    if (!undecided) return this.#found();
    const ways = undecided.filter((index) => this.#state[index] === 0).sort((a, b) => itemAt(this.#items, a).cost - itemAt(this.#items, b).cost);
    for (const way of ways) {
      if (this.fuel <= 0) return;
      const mark = { trail: this.#trail.length, open: this.#open.length, spoiled: this.#spoiled.length, cost: this.#cost };
      if (this.take([way])) this.descend(at);
      for (const index of this.#trail.splice(mark.trail)) this.#state[Math.abs(index) - 1] = 0;
      for (const oneOf of this.#open.splice(mark.open).reverse()) this.#close(oneOf);
      this.#spoiled.splice(mark.spoiled);
      this.#cost = mark.cost;
    }
  }

  /** One more of these has to be taken, or {@link Item.notAll} of something that is taken does not hold. Nothing where it holds. */
  #spoilers(): readonly number[] | undefined {
    const isTaken = (index: number) => this.#state[index] === 1;
    for (const index of this.#spoiled) {
      const lists = itemAt(this.#items, index).notAll;
      if (lists?.every((oneOf) => oneOf.filter(isTaken).length === 1)) return lists.flat();
    }
    return undefined;
  }

  #found(): void {
    const solution = this.taken();
    if (this.#cost < this.#bestCost) this.best = [];
    this.#bestCost = this.#cost;
    this.best.push(solution);
  }

  #set(index: number): boolean {
    if (this.#state[index] !== 0) return this.#state[index] === 1;
    const item = itemAt(this.#items, index);
    if (item.notAll?.length === 0) return false;
    this.#state[index] = 1;
    this.#trail.push(index + 1);
    this.#cost += item.cost;
    if (item.notAll) this.#spoiled.push(index);
    for (const oneOf of item.oneOf) this.#require(oneOf);
    this.#wake(index);
    return item.never.every((other) => this.#ruleOut(other));
  }

  #ruleOut(index: number): boolean {
    if (this.#state[index] === 1) return false;
    if (this.#state[index] === 0) {
      this.#state[index] = -1;
      this.#trail.push(-index - 1);
      this.#wake(index);
    }
    return true;
  }

  #require(oneOf: OneOf): void {
    if (this.#isOpen.has(oneOf)) return;
    this.#isOpen.add(oneOf);
    this.#open.push(oneOf);
    for (const index of oneOf) this.#watching[index]?.push(oneOf);
    this.#waiting.push(oneOf);
  }

  #close(oneOf: OneOf): void {
    this.#isOpen.delete(oneOf);
    for (const index of oneOf) this.#watching[index]?.pop();
  }

  #wake(index: number): void {
    for (const oneOf of this.#watching[index] ?? []) this.#waiting.push(oneOf);
  }

  /** Follows what has only one way left, until nothing moves. */
  #propagate(): boolean {
    for (let oneOf = this.#waiting.pop(); oneOf; oneOf = this.#waiting.pop()) {
      this.fuel--;
      const taken = oneOf.filter((index) => this.#state[index] === 1);
      if (taken.length > 1) return false;
      if (taken.length === 1) {
        if (!oneOf.every((index) => index === taken[0] || this.#ruleOut(index))) return false;
        continue;
      }
      const [first, second] = oneOf.filter((index) => this.#state[index] === 0);
      if (first === undefined) return false;
      if (second === undefined && !this.#set(first)) return false;
    }
    return true;
  }
}
