import { compareEvrBazeldnf, formatRelation, type Relation } from '@crpm/rpm';
import type { Involved } from './involved.js';
import { keyOf, providedNames, requirementsOf, satisfies, type Candidate, type ResolverRpm } from './universe.js';
import type { ResolverVersion } from './versions.js';

/** `unknown`: too many ways to look at all of them. */
export type Choice = { readonly outcome: 'chosen'; readonly rpms: readonly ChosenRpm[] } | { readonly outcome: 'no-solution' } | { readonly outcome: 'unknown' };

export interface ChosenRpm extends Candidate {
  /** Whether every solution that is as good has it; else which one the resolver finds is chance. */
  readonly certain: boolean;
}

/** Tries before the search gives up, and equally good solutions that are compared. */
const TRIES = 20_000;
const SOLUTIONS = 64;

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
export function choose(involved: Involved, version: ResolverVersion, ignored: readonly RegExp[] = []): Choice {
  const isIgnored = ({ rpm }: Candidate) => ignored.some((pattern) => pattern.test(keyOf(rpm)));
  const { items, requested } = formula(involved, version, isIgnored);
  const search = new Search(items);
  if (search.take(requested)) search.descend();
  if (search.triesLeft <= 0 && search.best.length === 0) return { outcome: 'unknown' };
  const [first] = search.best;
  if (!first) return { outcome: 'no-solution' };
  const rpms = [...first].map((index) => ({ ...candidateAt(items, index), certain: search.best.every((other) => other.has(index)) })).filter((chosen) => !isIgnored(chosen));
  return { outcome: 'chosen', rpms };
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
  triesLeft = TRIES;
  readonly #items: readonly Item[];
  readonly #state: Int8Array;
  /** What was decided, in order, to take it back: index + 1, negative if it was ruled out. */
  readonly #trail: number[] = [];
  /** Requirements of what is taken; equal ones are one list, and stand here once. */
  readonly #open: OneOf[] = [];
  readonly #isOpen = new Set<OneOf>();
  #cost = 0;
  #bestCost = Infinity;

  constructor(items: readonly Item[]) {
    this.#items = items;
    this.#state = new Int8Array(items.length);
  }

  /** Takes RPMs and all that follows from it. False if that can't be. */
  take(indices: readonly number[]): boolean {
    for (const index of indices) if (!this.#set(index)) return false;
    return this.#propagate();
  }

  descend(): void {
    if (this.#cost > this.#bestCost || this.best.length >= SOLUTIONS) return;
    const undecided = this.#open.find((oneOf) => !oneOf.some((index) => this.#state[index] === 1)) ?? this.#spoilers();
    if (!undecided) return this.#found();
    const ways = undecided.filter((index) => this.#state[index] === 0).sort((a, b) => itemAt(this.#items, a).cost - itemAt(this.#items, b).cost);
    for (const way of ways) {
      if (--this.triesLeft <= 0) return;
      const mark = { trail: this.#trail.length, open: this.#open.length, cost: this.#cost };
      if (this.take([way])) this.descend();
      for (const index of this.#trail.splice(mark.trail)) this.#state[Math.abs(index) - 1] = 0;
      for (const oneOf of this.#open.splice(mark.open)) this.#isOpen.delete(oneOf);
      this.#cost = mark.cost;
    }
  }

  /** One more of these has to be taken, or {@link Item.notAll} of something that is taken does not hold. Nothing where it holds. */
  #spoilers(): readonly number[] | undefined {
    const isTaken = (index: number) => this.#state[index] === 1;
    for (const mark of this.#trail) {
      const lists = mark > 0 ? itemAt(this.#items, mark - 1).notAll : undefined;
      if (lists?.every((oneOf) => oneOf.filter(isTaken).length === 1)) return lists.flat();
    }
    return undefined;
  }

  #found(): void {
    const solution = new Set<number>();
    for (const [index, state] of this.#state.entries()) if (state === 1) solution.add(index);
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
    for (const oneOf of item.oneOf) {
      if (this.#isOpen.has(oneOf)) continue;
      this.#isOpen.add(oneOf);
      this.#open.push(oneOf);
    }
    return item.never.every((other) => this.#ruleOut(other));
  }

  #ruleOut(index: number): boolean {
    if (this.#state[index] === 1) return false;
    if (this.#state[index] === 0) {
      this.#state[index] = -1;
      this.#trail.push(-index - 1);
    }
    return true;
  }

  /** Follows what has only one way left, until nothing moves. */
  #propagate(): boolean {
    for (let before = -1; before !== this.#trail.length; ) {
      before = this.#trail.length;
      // Grows while it is walked.
      for (let at = 0; at < this.#open.length; at++) {
        const oneOf = this.#open[at] ?? [];
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
    }
    return true;
  }
}
