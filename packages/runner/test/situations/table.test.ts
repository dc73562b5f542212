import { rmSync, unlinkSync } from 'node:fs';
import { FailureError, type Graph, type Selection } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import type { PlanEntry, RunOptions, RunSummary } from '../../src/index.js';
import { graphOf, outcomes, Rig } from '../rig.js';
import { ALL, graph } from './project.js';

/*
 * One change to a project that was built and is all fresh, and the exact lists of what runs and what comes back from the store. Before each run the plan is
 * asked, and may not have said anything else.
 */

type Change = (rig: Rig, built: RunSummary) => void;

interface Situation {
  readonly what: string;
  /** Of the project, before it is built. */
  readonly given?: (rig: Rig) => void;
  readonly change?: Change;
  readonly graph?: Graph;
  readonly selection?: Partial<Selection>;
  readonly options?: (rig: Rig) => Partial<RunOptions>;
  /** Ids, in one line. */
  readonly runs: string;
  readonly restores?: string;
  /** Of nodes that end in another way than fresh, ran or restored. */
  readonly ends?: Readonly<Record<string, string>>;
}

const rests: Readonly<Record<string, string>> = {
  base: 'base a.build b.build repo serve',
  'a.source': 'a.source a.build repo serve', 'a.build': 'a.build repo serve',
  'b.source': 'b.source b.build repo serve', 'b.build': 'b.build repo serve',
  repo: 'repo serve', serve: 'serve',
};
const NODES = Object.keys(rests);
const restsOn = (id: string): string => rests[id] ?? '';

const edit = (...ids: readonly string[]): Change => (rig) => { for (const id of ids) rig.inputs.set(id, 'edited'); };
const lose = (...ids: readonly string[]): Change => (rig, built) => { for (const id of ids) unlinkSync(rig.file(built, id)); };
const emptyStore: Change = (rig) => { rmSync(rig.workspace.cache, { recursive: true, force: true }); };
const both = (...changes: readonly Change[]): Change => (rig, built) => { for (const change of changes) change(rig, built); };
const constant = (...ids: readonly string[]) => (rig: Rig) => { for (const id of ids) rig.constant.add(id); };
const broken = (id: string): Change => (rig) => rig.failing.set(id, new FailureError({ class: 'build', message: 'ninja ended with 1' }));
const withParams = (id: string, params: GraphParams) => graphOf(...[...graph.nodes.values()].map((node) => (node.id === id ? { ...node, params } : node)));
type GraphParams = Readonly<Record<string, string>>;
const raised = (name: string) => (rig: Rig): Partial<RunOptions> => ({ kinds: new Map([...rig.kinds].map(([key, kind]) => [key, key === name ? { ...kind, version: 2 } : kind])) });
/** Kinds with effects elsewhere run again where others come back. */
const restorable = (id: string): boolean => id !== 'base' && id !== 'serve';

const situations: readonly Situation[] = [
  { what: 'nothing', runs: '' },

  ...NODES.map((id): Situation => ({ what: `an edit of ${id}`, change: edit(id), runs: restsOn(id) })),
  ...NODES.map((id): Situation => ({ what: `an edit of ${id} that its output does not tell`, given: constant(id), change: edit(id), runs: id })),
  { what: 'an edit of a.source that the output of a.build does not tell', given: constant('a.build'), change: edit('a.source'), runs: 'a.source a.build' },
  { what: 'edits of both sources, one of which is not told', given: constant('b.source'), change: edit('a.source', 'b.source'), runs: 'a.source b.source a.build repo serve' },
  { what: 'edits of both sources', change: edit('a.source', 'b.source'), runs: 'a.source a.build b.source b.build repo serve' },
  { what: 'edits of source and build of one package', change: edit('a.source', 'a.build'), runs: 'a.source a.build repo serve' },
  { what: 'edits at the start and at the end', change: edit('base', 'serve'), runs: restsOn('base') },

  ...NODES.map((id): Situation => ({ what: `a lost output of ${id}`, change: lose(id), ...(restorable(id) ? { runs: '', restores: id } : { runs: id }) })),
  ...NODES.map((id): Situation => ({ what: `a lost output of ${id}, with an empty store`, change: both(lose(id), emptyStore), runs: id })),
  { what: 'all outputs lost', change: lose(...NODES), runs: 'base serve', restores: 'a.source a.build b.source b.build repo' },
  { what: 'all outputs lost, with an empty store', change: both(lose(...NODES), emptyStore), runs: ALL.join(' ') },
  { what: 'a lost output of an edited node', change: both(lose('a.build'), edit('a.build')), runs: 'a.build repo serve' },
  { what: 'a lost output behind an edit', change: both(lose('repo'), edit('a.source')), runs: restsOn('a.source') },
  { what: 'a lost output behind an edit that is not told', given: constant('a.source'), change: both(lose('repo'), edit('a.source')), runs: 'a.source', restores: 'repo' },
  { what: 'an empty store alone', change: emptyStore, runs: '' },

  ...['make', 'image', 'service'].map((kind): Situation => ({
    what: `a new version of the kind ${kind}`, options: raised(kind), runs: kind === 'make' ? 'a.source a.build b.source b.build repo' : kind === 'image' ? 'base' : 'serve',
  })),
  { what: 'a changed param', graph: withParams('a.build', { profile: 'full' }), runs: 'a.build' },
  { what: 'a param more', graph: withParams('repo', { name: 'mine' }), runs: 'repo' },
  { what: 'another title', graph: graphOf(...[...graph.nodes.values()].map((node) => ({ ...node, title: `the ${node.id}` }))), runs: '' },
  { what: 'a need less', graph: graphOf(...[...graph.nodes.values()].map((node) => (node.id === 'repo' ? { ...node, needs: ['a.build'] } : node))), runs: 'repo serve' },
  { what: 'a server that is down', change: (rig) => rig.stale.set('serve', 'the server is down'), runs: 'serve' },

  ...NODES.map((id): Situation => ({ what: `--force ${id}`, selection: { targets: [id], force: true }, runs: needed(id) })),
  ...NODES.map((id): Situation => ({ what: `--from ${id}`, selection: { from: [id] }, runs: restsOn(id) })),
  ...NODES.map((id): Situation => ({ what: `${id} after an edit of everything`, change: edit(...NODES), selection: { targets: [id] }, runs: needed(id) })),
  ...NODES.map((id): Situation => ({ what: `--only ${id} after an edit of everything`, change: edit(...NODES), selection: { only: [id] }, runs: id })),
  ...['a', 'b'].map((group): Situation => ({
    what: `--skip ${group} after an edit of its source`, change: edit(`${group}.source`), selection: { skip: [group] }, runs: '',
  })),
  { what: '--skip a after an edit of the image', change: edit('base'), selection: { skip: ['a'] }, runs: 'base b.build repo serve' },
  { what: '--skip a and b after an edit of everything', change: edit(...NODES), selection: { skip: ['a', 'b'] }, runs: 'base repo serve' },
  { what: '--skip a, whose output is lost', change: lose('a.build'), selection: { skip: ['a'] }, runs: '' },

  ...NODES.map((id): Situation => {
    const rest = restsOn(id).split(' ').filter((other) => other !== id);
    return { what: `an edit that breaks ${id}`, change: both(edit(id), broken(id)), runs: id, ends: Object.fromEntries([[id, 'failed'], ...rest.map((other) => [other, 'not-run'])]) };
  }),
  {
    what: 'an edit that breaks one package, with --keep-going', change: both(edit('a.source', 'b.source'), broken('a.source')), options: () => ({ keepGoing: true }),
    runs: 'a.source b.source b.build', ends: { 'a.source': 'failed', 'a.build': 'not-run', repo: 'not-run', serve: 'not-run' },
  },
];

function needed(id: string): string {
  const needs = graph.nodes.get(id)?.needs ?? [];
  return [...new Set([...needs.flatMap((need) => needed(need).split(' ')), id])].join(' ');
}

const sorted = (ids: Iterable<string>): readonly string[] => [...ids].filter((id) => id !== '').sort();

describe('after one change', () => {
  test.each(situations)('$what', async ({ given, change, graph: changed = graph, selection = {}, options, runs, restores = '', ends = {} }) => {
    const rig = new Rig();
    given?.(rig);
    const built = await rig.run(graph);
    change?.(rig, built);
    const more = options?.(rig) ?? {};
    const plan = await rig.plan(changed, selection, more);
    const summary = await rig.run(changed, { selection, ...more });

    const states = Object.entries(outcomes(summary));
    expect(sorted(rig.ran)).toEqual(sorted(runs.split(' ')));
    expect(sorted(states.flatMap(([id, state]) => (state === 'restored' ? [id] : [])))).toEqual(sorted(restores.split(' ')));
    expect(Object.fromEntries(states.filter(([, state]) => !['ran', 'fresh', 'restored'].includes(state)))).toEqual(ends);
    for (const entry of plan) expect([entry.node, entry.action, outcomes(summary)[entry.node]]).toSatisfy(wasForetold);

    if (Object.keys(ends).length > 0 || Object.keys(selection).length > 0) return;
    await rig.run(changed, more);
    expect(rig.ran).toEqual([]);
  });
});

/** Whether what became of a node is what the plan had said of it. */
function wasForetold([, action, outcome]: readonly [string, PlanEntry['action'], string]): boolean {
  switch (action) {
    case 'fresh':
      return outcome === 'fresh';
    case 'run':
      return ['ran', 'failed', 'not-run'].includes(outcome);
    case 'may-run':
      return ['ran', 'failed', 'not-run', 'fresh', 'restored'].includes(outcome);
    case 'restore':
      // What is left out is fresh once its files are back.
      return outcome === 'restored' || outcome === 'fresh';
    case 'as-is':
    case 'skipped':
      return outcome === 'fresh';
    case 'absent':
      return ['not-run', 'ran'].includes(outcome);
  }
}
