import type { Event } from '@crpm/core';
import { Lanes } from './lanes.js';
import type { Reporter, ReporterOptions } from './reporter.js';

/** A row of Chrome's trace event format; times in microseconds. https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU */
type Row = { readonly name: string; readonly ph: 'X' | 'M' | 'i'; readonly pid: 1; readonly tid: number; readonly ts?: number; readonly dur?: number; readonly cat?: string; readonly s?: 't'; readonly args?: Readonly<Record<string, unknown>> };

/** The run as a trace, written when it has ended, for Perfetto and chrome://tracing: nodes that ran at the same time lie below each other. */
export function traceReporter({ stream }: ReporterOptions): Reporter {
  const rows: Row[] = [];
  const lanes = new Lanes();
  const running = new Map<string, { readonly at: number; readonly lane: number; readonly reason: string }>();
  const groups = new Map<string, string>();
  let began = 0;
  let closed = false;
  const since = (at: number) => (at - began) * 1000;

  const take = (event: Event) => {
    switch (event.type) {
      case 'run-started':
        began = event.at;
        rows.push({ name: 'process_name', ph: 'M', pid: 1, tid: 0, args: { name: `crpm ${event.run}` } });
        for (const { id, group } of event.nodes) if (group !== undefined) groups.set(id, group);
        return;
      case 'node-started':
        running.set(event.node, { at: event.at, lane: lanes.take(), reason: event.reason });
        return;
      case 'node-status': {
        const at = running.get(event.node);
        if (at) rows.push({ name: event.text, ph: 'i', s: 't', pid: 1, tid: at.lane, ts: since(event.at), cat: 'status' });
        return;
      }
      case 'node-finished': {
        const start = running.get(event.node);
        if (!start) return;
        running.delete(event.node);
        lanes.give(start.lane);
        const args = { outcome: event.outcome, why: start.reason, ...(event.failure ? { failure: event.failure.message } : {}) };
        // By the monotonic clock where it is known: the wall clock may have been set meanwhile.
        rows.push({ name: event.node, ph: 'X', pid: 1, tid: start.lane, ts: since(start.at), dur: event.ms * 1000, cat: groups.get(event.node) ?? 'crpm', args });
        return;
      }
      case 'node-line':
      case 'node-warning':
      case 'warning':
      case 'run-finished':
        return;
    }
  };
  return {
    sink: take,
    close: () => {
      if (!closed) stream.write(`${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: rows })}\n`);
      closed = true;
      return Promise.resolve();
    },
  };
}
