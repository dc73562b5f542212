import { CAUSES, type Event, type Failure, type NodeOutcome } from '@crpm/core';
import type { Difference, Explanation, PlanEntry } from '@crpm/runner';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import eventSchema from '../../../schemas/event.schema.json' with { type: 'json' };
import explainSchema from '../../../schemas/explain.schema.json' with { type: 'json' };
import planSchema from '../../../schemas/plan.schema.json' with { type: 'json' };

const ajv = new Ajv2020({ allErrors: true, strict: true });
const validatePlan = ajv.compile(planSchema);
const validateEvent = ajv.compile(eventSchema);
const validateExplanation = ajv.compile(explainSchema);

const DIGEST = `sha256:${'ab'.repeat(32)}`;
/** One of each; a new kind of difference does not compile until it is here. */
const DIFFERENCES: { readonly [W in Difference['what']]: Difference & { readonly what: W } } = {
  'first-run': { what: 'first-run' },
  forced: { what: 'forced' },
  skipped: { what: 'skipped' },
  'changed-while-running': { what: 'changed-while-running' },
  input: { what: 'input', name: 'tree', option: 'build.check', before: 'a', after: 'b', parts: [{ part: 'a.c', change: 'changed' }, { part: 'b.c', change: 'new' }, { part: 'c.c', change: 'gone' }] },
  need: { what: 'need', need: 'base', before: DIGEST, after: DIGEST },
  'need-pending': { what: 'need-pending', need: 'base', certain: true, roots: ['base'] },
  output: { what: 'output', text: 'its output a.rpm is gone' },
  elsewhere: { what: 'elsewhere', text: 'the server is down' },
  evicted: { what: 'evicted', at: '2026-11-22T14:03:09.000Z' },
  store: { what: 'store', text: 'the store does not have it whole' },
  unknown: { what: 'unknown', text: 'the tree is gone' },
};
const ACTIONS: Readonly<Record<PlanEntry['action'], true>> = { fresh: true, run: true, 'may-run': true, restore: true, 'as-is': true, skipped: true, absent: true };
const entry = (differences: readonly Difference[], action: PlanEntry['action'] = 'run'): PlanEntry => ({ node: 'a', layer: 0, action, reason: 'r', differences, lastMs: 1.5, otherWay: { next: 'incremental', last: 'clean', lastMs: 2.5 }, asOf: '2026-11-22T14:03:09.000Z', from: 'oci://quay.io/a@sha256:00' });
const explanation: Required<Explanation> = {
  ...(entry(Object.values(DIFFERENCES)) as Required<PlanEntry>),
  kind: 'rpmbuild',
  fingerprint: DIGEST,
  inputs: [{ name: 'kind', value: 'rpmbuild' }],
  needs: [{ node: 'base', action: 'fresh', reason: 'r' }],
  last: { run: 'r', at: '2026-11-22T14:03:09.000Z', ms: 1, fingerprint: DIGEST, inputs: [], from: 'oci://quay.io/a@sha256:00', files: [{ path: 'a', size: 1, digest: DIGEST }], data: { any: ['thing'] } },
};

describe('what plan --json prints', () => {
  test.each(Object.entries(DIFFERENCES))('a difference of kind %s', (_what, difference) => {
    expect(validatePlan({ nodes: [entry([difference])], expected: { ms: 1, unknown: ['a'] } })).toBe(true);
  });

  test.each(Object.keys(ACTIONS))('the action %s', (action) => {
    expect(validatePlan({ nodes: [entry([], action as PlanEntry['action'])], expected: { ms: 0, unknown: [] } })).toBe(true);
  });

  test('anything else is no plan', () => {
    expect(validatePlan({ nodes: [{ ...entry([]), extra: 1 }], expected: { ms: 0, unknown: [] } })).toBe(false);
    expect(validatePlan({ nodes: [entry([{ what: 'first-run', text: 'x' } as never])], expected: { ms: 0, unknown: [] } })).toBe(false);
  });
});

describe('what explain --json prints', () => {
  test('with everything', () => {
    expect(validateExplanation(explanation)).toBe(true);
  });

  test('with only what is always there', () => {
    const { node, layer, action, reason, differences, kind, needs } = explanation;
    expect(validateExplanation({ node, layer, action, reason, differences, kind, needs })).toBe(true);
    expect(validateExplanation({ node, layer, action, reason, differences, kind })).toBe(false);
  });
});

const OUTCOMES: Readonly<Record<NodeOutcome, number>> = { ran: 1, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 };
const CLASSES: Readonly<Record<Failure['class'], true>> = { usage: true, environment: true, locked: true, build: true, proof: true, oom: true, source: true, cancelled: true, bug: true };
const failure = (of: string): Required<Failure> => ({ class: of as Failure['class'], message: 'm', next: 'n', lines: ['l'], data: [1], transient: true, cause: 'compiler', complaints: [{ file: 'a.c', line: 1, column: 2, message: 'm' }], commands: ['crpm shell a'] });
/** One of each; a new type of event does not compile until it is here. */
const EVENTS: { readonly [T in Event['type']]: Required<Event & { readonly type: T }> } = {
  'run-started': { type: 'run-started', at: 1, run: 'r', nodes: [{ id: 'a', kind: 'k', title: 't', group: 'g', needs: ['b'], lastMs: 1.5 }], logs: '/l', environment: { crpm: '0.1.0' } },
  'node-started': { type: 'node-started', at: 1, node: 'a', reason: 'b changed, c is needed now', reasons: ['b changed', 'c is needed now'], cause: 'needs', log: '/l/a.log' },
  'node-line': { type: 'node-line', at: 1, node: 'a', text: '' },
  'node-status': { type: 'node-status', at: 1, node: 'a', text: 's' },
  'node-warning': { type: 'node-warning', at: 1, node: 'a', text: 'w' },
  'node-finished': { type: 'node-finished', at: 1, node: 'a', outcome: 'failed', ms: 1.5, failure: failure('build'), role: 'as-is', asOf: '2026-08-22T10:15:00.000Z', stale: 'tree: x.c changed', shared: { from: 'oci://quay.io/a@sha256:00', savedMs: 1.5 }, data: { evr: '0:1-1' }, log: '/l/a.log' },
  warning: { type: 'warning', at: 1, text: 'w' },
  'run-finished': { type: 'run-finished', at: 1, run: 'r', ms: 1.5, exitCode: 0, counts: OUTCOMES, engine: 'this machine' },
};

describe('a line of run --json', () => {
  test.each(Object.values(EVENTS))('$type', (event) => {
    expect(validateEvent(event)).toBe(true);
    expect(validateEvent({ ...event, extra: 1 })).toBe(false);
  });

  test.each(Object.keys(OUTCOMES))('the outcome %s', (outcome) => {
    expect(validateEvent({ type: 'node-finished', at: 1, node: 'a', outcome, ms: 0 })).toBe(true);
  });

  test.each(CAUSES)('a failure by the cause %s', (cause) => {
    expect(validateEvent({ ...EVENTS['node-finished'], failure: { ...failure('build'), cause } })).toBe(true);
  });

  test.each(Object.keys(CLASSES))('a failure of class %s', (of) => {
    expect(validateEvent({ ...EVENTS['node-finished'], failure: failure(of) })).toBe(true);
  });
});
