import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { outcomes, Rig } from '../rig.js';
import { built, graph } from './project.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('--only', () => {
  test('runs first what never had a result, and no more than that', async () => {
    expect(await rig.runs(graph, { only: ['a.build'] })).toEqual(['a.build', 'a.source', 'base']);
    expect([...rig.reasons()].sort()).toEqual(['a.build: first run', 'a.source: first run', 'base: first run']);
  });

  test('a need of a need without a result does not run when nobody needs it now', async () => {
    await rig.run(graph, { selection: { targets: ['a.build'] } });
    rig.inputs.set('repo', 'edited');
    // b.build never ran: it and what it needs must; base has a result.
    expect(await rig.runs(graph, { only: ['repo'] })).toEqual(['b.build', 'b.source', 'repo']);
  });

  test('uses a stale result as it stands, names it with its age, and records what was really used', async () => {
    await built(rig);
    rig.inputs.set('a.source', 'edited').set('a.build', 'edited');
    const summary = await rig.run(graph, { selection: { only: ['a.build'] } });
    expect(rig.ran).toEqual(['a.build']);
    expect(rig.warnings()).toEqual([expect.stringMatching(/^a\.source: using the result of (?:just now|\d+ seconds? ago) \(20.*Z\), which is stale: tree\/a\.source: {2}→ edited$/)]);
    expect(summary.nodes.get('a.source')?.output?.asOf).toMatch(/^20.*Z$/);
    const asOf = expect.stringMatching(/^20.*Z$/) as string;
    expect(rig.ended('a.source')).toMatchObject({ outcome: 'fresh', role: 'as-is', asOf, stale: 'tree/a.source:  → edited' });
    expect(rig.ended('base')).toMatchObject({ outcome: 'fresh', role: 'as-is', asOf });
    expect(rig.ended('base')).not.toHaveProperty('stale');
    expect(rig.ended('a.build')).not.toHaveProperty('role');
    expect(readFileSync(rig.file(summary, 'a.build'), 'utf8')).toBe('a.build(edited,base(),a.source())');
    // The next full run sees that a.build was made from the old source.
    expect(await rig.runs(graph)).toEqual(['a.build', 'a.source', 'repo', 'serve']);
  });

  test('what stands in with a stale need is stale for that alone, and no second warning', async () => {
    await built(rig);
    rig.inputs.set('a.source', 'edited');
    await rig.run(graph, { selection: { targets: ['a.source'] } });
    const summary = await rig.run(graph, { selection: { only: ['serve'], force: true } });
    expect(rig.warnings()).toEqual([expect.stringMatching(/^a\.build: using .* which is stale: a\.source changed$/)]);
    expect(summary.nodes.get('a.build')?.staleBy).toMatchObject([{ what: 'need', need: 'a.source' }]);
    expect(rig.ended('a.build')).not.toHaveProperty('staleBy');
  });

  test('fresh needs are no reason for a warning', async () => {
    await built(rig);
    rig.inputs.set('a.build', 'edited');
    expect(await rig.runs(graph, { only: ['a.build'] })).toEqual(['a.build']);
    expect(rig.warnings()).toEqual([]);
  });

  test('a fresh node does not run', async () => {
    await built(rig);
    expect(await rig.runs(graph, { only: ['a.*'] })).toEqual([]);
  });
});

describe('--skip', () => {
  test('the last result of a skipped package stays, marked with its age, and what changed since is told', async () => {
    await built(rig);
    rig.inputs.set('a.source', 'edited').set('b.source', 'edited');
    const summary = await rig.run(graph, { selection: { skip: ['a'] } });
    expect([...rig.ran].sort()).toEqual(['b.build', 'b.source', 'repo', 'serve']);
    expect(rig.warnings()).toEqual([expect.stringMatching(/^a\.build: skipped: using the result of (?:just now|\d+ seconds? ago) \(20.*Z\), which is stale: tree\/a\.source: {2}→ edited$/)]);
    expect(rig.ended('a.source')).toMatchObject({ outcome: 'fresh', role: 'skipped', stale: 'tree/a.source:  → edited' });
    expect(summary.nodes.get('a.build')?.output?.asOf).toBeDefined();
    expect(readFileSync(rig.file(summary, 'repo'), 'utf8')).toBe('repo(,a.build(,base(),a.source()),b.build(,base(),b.source(edited)))');
  });

  test('a plan knows of which time the result is that stands in, as the run before did', async () => {
    await built(rig);
    const make = rig.kinds.get('make');
    if (!make) throw new Error('the rig has it');
    const inputs: typeof make.inputs = async (params, context) => [...(await make.inputs(params, context)), ...[...context.needs].flatMap(([id, { asOf }]) => (asOf === undefined ? [] : [{ name: `${id} of an earlier run`, value: asOf }]))];
    const kinds = new Map([...rig.kinds, ['make', { ...make, inputs }]]);
    expect(await rig.runs(graph, { skip: ['a'] }, { kinds })).toEqual(['repo']);
    rig.inputs.set('a.source', 'edited');
    const plan = await rig.plan(graph, { skip: ['a'] }, { kinds });
    expect(plan.find(({ node }) => node === 'repo')).toMatchObject({ action: 'fresh' });
    expect(plan.find(({ node }) => node === 'a.source')).toMatchObject({ action: 'skipped', reason: 'tree/a.source:  → edited' });
    expect(await rig.runs(graph, { skip: ['a'] }, { kinds })).toEqual([]);
  });

  test('of a package whose tree is as it was, or is not there any more, nothing else is told', async () => {
    await built(rig);
    rig.inputs.set('b.source', 'edited');
    await rig.run(graph, { selection: { skip: ['a'] } });
    rig.unreadable.add('a.source');
    await rig.run(graph, { selection: { skip: ['a'] } });
    const plain = expect.stringMatching(/^a\.build: skipped: using the result of [\w ]+ \(20\S+Z\)$/) as string;
    expect(rig.warnings()).toEqual([plain]);
  });

  test('without a last result the need is not there', async () => {
    const summary = await rig.run(graph, { selection: { skip: ['a'] } });
    expect([...rig.ran].sort()).toEqual(['b.build', 'b.source', 'base', 'repo', 'serve']);
    expect(outcomes(summary)).toMatchObject({ 'a.source': 'not-run', 'a.build': 'not-run', repo: 'ran' });
    expect(rig.warnings()).toEqual(['a.build: skipped, and there is no result to use instead: it never had a result']);
    expect(readFileSync(rig.file(summary, 'repo'), 'utf8')).toBe('repo(,b.build(,base(),b.source()))');
    expect(summary.exitCode).toBe(0);
    // Once the package takes part, the repository is made with it.
    expect(await rig.runs(graph)).toEqual(['a.build', 'a.source', 'repo', 'serve']);
  });
});
