import { wrap, type GraphNode, type Selected } from '@crpm/core';
import { count, formatDuration, formatFailure, formatTable, outcomeWord, widthOf } from '@crpm/reporters';
import type { Explanation } from '@crpm/runner';
import { printJson, type Cli } from './io.js';
import { changesSince, type RanSince } from './changes-since.js';
import { lastAttempt, type Attempt } from './last-attempt.js';
import { actionWord, planOptions } from './print-plan.js';
import type { Project } from './project.js';
import { ONLY_WAITS, stoppable } from './signals.js';

/** Prints all that is known of one node. The JSON is described by schemas/explain.schema.json. */
export async function printExplanation(cli: Cli, project: Project, part: Selected, node: GraphNode, json: boolean): Promise<void> {
  await stoppable(cli, async ({ signal }) => {
    const { age, explain, formatDifferences, inputTitle } = await import('@crpm/runner');
    const options = await planOptions(cli, project, part, { signal });
    const explanation = await explain(options, node.id);
    const kind = options.kinds.get(node.kind);
    const titleOf = (name: string) => (kind ? inputTitle(name, kind) : name);
    const since = await sinceOf(explanation, () => changesSince(options.workspace, project.graph, node.id));
    const attempt = lastAttempt(options.workspace, node.id);
    if (json) printJson(cli.io, { ...explanation, ...(attempt ? { attempt } : {}), ...(since.length > 0 ? { since } : {}) });
    else cli.io.stdout.write(formatExplanation(explanation, { title: node.title, differences: formatDifferences(explanation.differences), ...(attempt ? { attempt } : {}), since, titleOf, age: (at) => age(at) }, widthOf(cli.io.stdout)));
  }, ONLY_WAITS);
}

/** What its needs ran for since its result was last of them, where they are fresh again. */
async function sinceOf({ differences, needs, last }: Explanation, look: () => Promise<readonly RanSince[]>): Promise<readonly RanSince[]> {
  const isDone = differences.some((one) => one.what === 'need' && needs.find(({ node }) => node === one.need)?.action === 'fresh');
  return last && isDone ? look() : [];
}

/** What the text needs beside the explanation. */
export interface Wording {
  /** Of the node, in a line. */
  readonly title: string;
  /** Each difference in words; {@link Explanation.differences}, one or more lines each. */
  readonly differences: readonly string[];
  /** The last time that it ran, on record. */
  readonly attempt?: Attempt;
  /** What its needs ran for since. */
  readonly since?: readonly RanSince[];
  /** What an input is to people; nothing of what is not their business. */
  titleOf(input: string): string | undefined;
  /** How long ago an instant was. */
  age(at: string): string;
}

/** For people: what would be done, every difference to the last good run, what becomes of the needs, and all inputs, changed ones with what they were. */
export function formatExplanation(explanation: Explanation, { title, differences, attempt, since = [], titleOf, age }: Wording, width?: number): string {
  const within = width === undefined ? undefined : width - 2;
  const { node, kind, action, last, needs } = explanation;
  const isBad = attempt !== undefined && attempt.outcome !== 'ran';
  const because = attempt && attempt.reasons.length > 0 && (isBad || attempt.run === last?.run) ? [['ran because', attempt.reasons.join(', ')]] : [];
  const facts = [
    ['now', NOW[action]],
    ...(explanation.from === undefined ? [] : [['from the shared store', explanation.from]]),
    ...(isBad ? [['last run', `${outcomeWord(attempt.outcome)} ${age(attempt.at)} (${attempt.at}) in ${formatDuration(attempt.ms)}, run ${attempt.run}`], ...because] : []),
    lastGood(last, isBad, age),
    ...(isBad ? [] : because),
    ...(last ? [['made', last.files.length === 0 ? 'no files' : count(last.files.length, 'file')]] : []),
  ];
  const blocks = [
    `${node} (${kind}): ${title}`,
    formatTable(facts, width),
    ...(attempt?.failure ? [formatFailure(attempt.failure, { node, width, ...(attempt.failure.log === undefined ? {} : { log: attempt.failure.log }) })] : []),
    ...(differences.length > 0 ? [block('why', [...differences, ...whereToAsk(explanation)].map((line) => wrap(line, { width: within, first: 0, indent: 2 })))] : []),
    ...(since.length > 0 ? [block('since its last good run', formatTable(since.map(({ node: need, run, reason }) => [need, reason, `(run ${run})`]), within, [1]).split('\n'))] : []),
    ...(needs.length > 0 ? [block('needs', formatTable(needs.map((need) => [need.node, actionWord(need.action), need.reason]), within).split('\n'))] : []),
    ...(explanation.inputs ? [block('inputs', formatInputs(explanation, titleOf, within))] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

const NOW: Readonly<Record<Explanation['action'], string>> = {
  fresh: 'fresh: nothing it depends on changed, and its result is there',
  run: 'will run',
  'may-run': 'may run: it does if what it needs comes out different',
  restore: 'restored from the store: an equal result was made before',
  'as-is': 'left as it is',
  skipped: 'skipped',
  absent: 'left out, and it never had a result',
};

/** What came back from the store of this machine may be of this very workspace, and of a run that has no record any more. */
function lastGood(last: Explanation['last'], isBad: boolean, age: Wording['age']): readonly [string, string] {
  const title = isBad ? 'last good run' : 'last run';
  if (!last) return [title, 'never, with a good end'];
  const { run, at, ms, from } = last;
  if (run === '' && from === undefined) return [isBad ? 'last good result' : 'result', `it came back from the store (made ${age(at)}, ${at}, in ${formatDuration(ms)})`];
  return [title, `${age(at)} (${at}) in ${formatDuration(ms)}, ${run === '' ? `by somebody else: ${from ?? ''}` : `run ${run}`}`];
}

/** The next question, where the cause lies with a need. */
function whereToAsk({ differences, needs }: Explanation): readonly string[] {
  const causes = new Set(differences.flatMap((one) => (one.what === 'need' ? [one.need] : one.what === 'need-pending' ? (one.roots.length > 0 ? one.roots : [one.need]) : [])));
  // A need that ran and is fresh again has nothing more to tell of what changed.
  const asked = [...causes].filter((cause) => needs.find(({ node }) => node === cause)?.action !== 'fresh');
  return asked.map((cause) => `→ crpm explain ${cause}`);
}

function formatInputs({ inputs = [], last }: Explanation, titleOf: Wording['titleOf'], width: number | undefined): readonly string[] {
  const before = new Map(last?.inputs.map(({ name, value }) => [name, value]));
  const now = new Set(inputs.map(({ name }) => name));
  const rows = inputs.flatMap(({ name, value }) => {
    const old = before.get(name);
    const title = titleOf(name);
    if (title === undefined) return last && old !== value ? [["crpm's way of making it", 'another', '']] : [];
    const change = !last || old === value ? '' : old === undefined ? '(new)' : `(was ${shown(name, old)})`;
    return [[title, shown(name, value), change]];
  });
  const gone = (last?.inputs ?? []).flatMap(({ name, value }) => (now.has(name) || titleOf(name) === undefined ? [] : [[titleOf(name) ?? '', '', `(gone; was ${shown(name, value)})`]]));
  return formatTable([...rows, ...gone], width).split('\n');
}

/** A value as people write it. A need of which nothing is read must only have come first. */
function shown(name: string, value: string): string {
  if (name.startsWith('need/')) return value === '' ? 'only that it ended well' : short(value);
  if (value === '') return 'not set';
  try {
    const read: unknown = JSON.parse(value);
    if (typeof read === 'string') return short(read);
    if (Array.isArray(read) && read.every((item) => typeof item === 'string')) return read.join(', ') || 'none';
    return value === '{}' ? 'none' : value;
  } catch {
    return short(value);
  }
}

/** A digest by its first digits: enough to compare by eye. The JSON has it whole. */
function short(value: string): string {
  return value.replace(/\b[0-9a-f]{40,}\b/g, (digest) => `${digest.slice(0, 12)}…`);
}

function block(head: string, lines: readonly string[]): string {
  return [head, ...lines.flatMap((line) => line.split('\n')).map((line) => `  ${line}`)].join('\n');
}
