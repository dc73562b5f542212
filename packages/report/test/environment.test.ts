import type { Event } from '@crpm/core';
import { expect, test } from 'vitest';
import { notesPart } from '../src/parts/tables.js';
import { RunRecord } from '../src/run-record.js';

const counts = { ran: 0, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 };
const started: Event = { type: 'run-started', at: 0, run: 'r', nodes: [], logs: '/l', environment: { engine: 'auto', node: 'v20' } };
const ended = (engine?: string): Event => ({ type: 'run-finished', at: 1, run: 'r', ms: 1, exitCode: 0, counts, ...(engine === undefined ? {} : { engine }) });

function told(...events: readonly Event[]): string {
  const record = new RunRecord();
  for (const event of events) record.take(event);
  return notesPart({ record, now: 1 } as unknown as Parameters<typeof notesPart>[0]).text;
}

test('the engine that was used is named, not what the config leaves open', () => {
  expect(told(started, ended('Docker Engine 24 at unix:///run/docker.sock'))).toContain('<dt>engine</dt><dd>Docker Engine 24 at unix:///run/docker.sock</dd>');
  expect(told(started, ended())).toContain('<dt>engine</dt><dd>auto; none was needed</dd>');
  expect(told(started)).toContain('<dt>engine</dt><dd>auto</dd>');
});
