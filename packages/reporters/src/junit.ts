import { screenText, type Event, type EventNode, type Failure } from '@crpm/core';
import type { Reporter, ReporterOptions } from './reporter.js';

type Finished = Extract<Event, { readonly type: 'node-finished' }>;

/** A JUnit report, written when the run has ended: a test case for each node, skipped where its turn never came. */
export function junitReporter({ stream }: ReporterOptions): Reporter {
  let started: Extract<Event, { readonly type: 'run-started' }> | undefined;
  const finished = new Map<string, Finished>();
  let ms = 0;
  let closed = false;
  return {
    sink: (event) => {
      if (event.type === 'run-started') started = event;
      else if (event.type === 'node-finished') finished.set(event.node, event);
      else if (event.type === 'run-finished') ms = event.ms;
    },
    close: () => {
      if (started && !closed) stream.write(report(started, finished, ms));
      closed = true;
      return Promise.resolve();
    },
  };
}

function report({ run, at, nodes }: { readonly run: string; readonly at: number; readonly nodes: readonly EventNode[] }, finished: ReadonlyMap<string, Finished>, ms: number): string {
  const all = [...finished.values()];
  const totals = {
    name: 'crpm',
    tests: String(nodes.length),
    failures: String(all.filter((node) => node.failure).length),
    errors: '0',
    skipped: String(nodes.filter(({ id }) => isSkipped(finished.get(id))).length),
    time: seconds(ms),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes(totals)}>`,
    `  <testsuite${attributes({ ...totals, id: run, timestamp: new Date(at).toISOString() })}>`,
    ...nodes.flatMap((node) => testCase(node, finished.get(node.id))),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase({ id, kind, group }: EventNode, end: Finished | undefined): readonly string[] {
  const open = `    <testcase${attributes({ classname: `crpm.${group ?? kind}`, name: id, time: seconds(end?.ms ?? 0) })}`;
  const inside = end?.failure ? failureElement(id, end.failure, end.log) : isSkipped(end) ? `<skipped${attributes({ message: whySkipped(end) })}/>` : undefined;
  return inside === undefined ? [`${open}/>`] : [`${open}>`, `      ${inside}`, '    </testcase>'];
}

function whySkipped(end: Finished | undefined): string {
  if (end?.role) return end.outcome === 'fresh' ? 'left out of this run: its last result was used' : 'left out of this run';
  return end ? 'its turn never came' : 'the run was cut short';
}

/** What is fresh or restored holds, like a test that passed; of what was left out nobody says so. */
function isSkipped(end: Finished | undefined): boolean {
  return end === undefined || (end.role !== undefined && !end.failure) || (!end.failure && (end.outcome === 'not-run' || end.outcome === 'cancelled'));
}

function failureElement(id: string, { class: type, message, lines = [], next, commands = [] }: Failure, log: string | undefined): string {
  const typed = [...(log === undefined ? [] : [`crpm logs ${id}`]), ...commands];
  const told = [...lines, ...(next === undefined ? [] : [`next: ${next}`]), ...(typed.length > 0 ? [`type: ${typed.join('; ')}`] : [])];
  return `<failure${attributes({ type, message })}>${text(told.join('\n'))}</failure>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([name, value]) => ` ${name}="${text(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`).join('');
}

/** XML 1.0 has no way at all to write most control characters, halves of surrogate pairs, and the two last code points of the first plane. */
function text(value: string): string {
  const lines = value.replace(/[\p{Surrogate}\ufffe\uffff]/gu, '\ufffd').split('\n').map(screenText);
  return lines.join('\n').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
