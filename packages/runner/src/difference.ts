import { needOfEarlierRun, type Input, type NodeKind, type NodeOutput } from '@crpm/core';

/** One thing that keeps a recorded result from standing. Plain data; {@link formatReason} has the words. */
export type Difference =
  /** There is no result yet. */
  | { readonly what: 'first-run' }
  /** By `--force` or `--from`. */
  | { readonly what: 'forced' }
  /** By `--skip`: nobody looked. */
  | { readonly what: 'skipped' }
  /**
   * An input is another, new (no `before`) or gone (no `after`). `option`: where the config says it, if the config does. `parts`: of what it is the digest of
   * (the files of a tree) all that changed, by name; absent where that can't be told.
   */
  | { readonly what: 'input'; readonly name: string; readonly option?: string; readonly before?: string; readonly after?: string; readonly parts?: readonly PartChange[] }
  /** What it reads of a need is another. The digests of before and now. */
  | { readonly what: 'need'; readonly need: string; readonly before?: string; readonly after?: string }
  /** Only in a plan: a need will run (`certain`), or may; if that gives something else, so will this. `roots`: the nodes that it starts from. */
  | { readonly what: 'need-pending'; readonly need: string; readonly certain: boolean; readonly roots: readonly string[] }
  /** An input changed while it ran the last time. */
  | { readonly what: 'changed-while-running' }
  /** A file of its result is gone or was changed. */
  | { readonly what: 'output'; readonly text: string }
  /** What it left outside its files no longer holds: a server is down, an image is gone. */
  | { readonly what: 'elsewhere'; readonly text: string }
  /** An equal result was made before, and went to keep the cache within its bound; when, ISO 8601. */
  | { readonly what: 'evicted'; readonly at: string }
  /** The store has an equal result no more, or not whole. */
  | { readonly what: 'store'; readonly text: string }
  /** Its inputs can't be told. */
  | { readonly what: 'unknown'; readonly text: string };

/** Inputs that only another version of crpm changes. */
export const OF_CRPM: ReadonlySet<string> = new Set(['kind', 'version']);

export interface PartChange {
  readonly part: string;
  readonly change: 'changed' | 'new' | 'gone';
}

/** The need that a difference comes from; nothing where it is of the node's own. */
export function needOf(difference: Difference): string | undefined {
  return difference.what === 'need' ? difference.need : difference.what === 'input' ? needOfEarlierRun(difference.name) : undefined;
}

/** Whether a node runs for nothing but what its needs gave. That the store has an equal result no more is no cause of its own. */
export function isOfNeeds(differences: readonly Difference[]): boolean {
  const causes = differences.filter(({ what }) => what !== 'evicted' && what !== 'store');
  return causes.length > 0 && causes.every((difference) => needOf(difference) !== undefined);
}

export interface Compared {
  /** Of the recorded result. */
  readonly recorded: readonly Input[];
  /** With their parts. */
  readonly now: readonly Input[];
  readonly kind: NodeKind;
  readonly output: NodeOutput;
}

/** All in which a node's dependencies are not those of its recorded result: its own first, what its needs gave after that. */
export async function differences({ recorded, now, kind, output }: Compared): Promise<readonly Difference[]> {
  const before = byName(recorded);
  const after = byName(now);
  const changed = [...new Set([...after.keys(), ...before.keys()])].filter((name) => before.get(name) !== after.get(name));
  const implied = new Set(changed.flatMap((name) => itemsOf(name, before.get(name), after.get(name))));
  const result: Difference[] = [];
  for (const name of changed.filter((one) => !isBelow(one, implied))) {
    const values = { ...given('before', before.get(name)), ...given('after', after.get(name)) };
    if (name.startsWith('need/')) result.push({ what: 'need', need: name.slice('need/'.length), ...values });
    else result.push({ what: 'input', name, ...given('option', optionOf(name, kind)), ...values, ...given('parts', await changedParts(name, now, kind, output)) });
  }
  return result;
}

/** Inputs that share a name count as one list. */
function byName(inputs: readonly Input[]): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  for (const { name, value } of inputs) {
    const other = result.get(name);
    result.set(name, other === undefined ? value : `${other}, ${value}`);
  }
  return result;
}

/** Of a param that is a list of named things: the names of all inputs of those that came or went, which tell nothing more. */
function itemsOf(name: string, before: string | undefined, after: string | undefined): readonly string[] {
  const old = namesIn(before) ?? [];
  const now = namesIn(after) ?? [];
  return [...now.filter((item) => !old.includes(item)), ...old.filter((item) => !now.includes(item))].map((item) => `${name}/${escapePointer(item)}`);
}

/** The texts of a list of texts, as JSON has it. */
export function namesIn(value: string | undefined): readonly string[] | undefined {
  if (value?.startsWith('["') !== true && value !== '[]') return undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

function isBelow(name: string, parents: ReadonlySet<string>): boolean {
  for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) if (parents.has(name.slice(0, end))) return true;
  return parents.has(name);
}

/** `param/options/defines/foo` → `build.defines.foo`, where the kind says that `options/defines` is `build.defines`. */
function optionOf(name: string, { configPaths = {} }: NodeKind): string | undefined {
  if (!name.startsWith('param/')) return undefined;
  const path = name.slice('param/'.length);
  const known = Object.keys(configPaths).filter((prefix) => path === prefix || path.startsWith(`${prefix}/`)).sort((a, b) => b.length - a.length)[0];
  const rest = path.slice(known?.length ?? 0).split('/').filter((step) => step !== '').map(unescapePointer);
  return [...(known === undefined ? [] : [configPaths[known] ?? '']), ...rest].join('.');
}

/** What an input is to people: a key of the config where it says it, a need by its name; nothing of what is crpm's own way of making it. */
export function inputTitle(name: string, kind: NodeKind): string | undefined {
  if (OF_CRPM.has(name)) return undefined;
  if (name.startsWith('need/')) return `result of ${name.slice('need/'.length)}`;
  return optionOf(name, kind) ?? name.replace(/^option\//, '');
}

async function changedParts(name: string, now: readonly Input[], kind: NodeKind, output: NodeOutput): Promise<readonly PartChange[] | undefined> {
  const parts = now.find((input) => input.name === name)?.parts;
  const recorded = parts && (await kind.recordedParts?.(output, name));
  if (!parts || !recorded) return undefined;
  const changes: PartChange[] = [];
  for (const [part, digest] of parts) {
    const old = recorded.get(part);
    if (old !== digest) changes.push({ part, change: old === undefined ? 'new' : 'changed' });
  }
  for (const part of recorded.keys()) if (!parts.has(part)) changes.push({ part, change: 'gone' });
  return changes.sort((a, b) => (a.part < b.part ? -1 : 1));
}

/** A step of a JSON pointer. */
export function escapePointer(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [k in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [k in K]: V });
}
