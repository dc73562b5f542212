import type { Event } from '@crpm/core';
import { Lanes } from './lanes.js';
import type { Reporter, ReporterOptions } from './reporter.js';

/** A row of Chrome's trace event format; times in microseconds. https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU */
type Row = { readonly name: string; readonly ph: 'X' | 'B' | 'M' | 'i'; readonly pid: 1; readonly tid: number; readonly ts?: number; readonly dur?: number; readonly cat?: string; readonly s?: 't'; readonly args?: Readonly<Record<string, unknown>> };

/** The run as a trace, written when it has ended, for Perfetto and chrome://tracing: nodes that ran at the same time lie below each other. */
export function traceReporter({ stream }: ReporterOptions): Reporter {
  const rows: Row[] = [];
  const lanes = new Lanes();
  const running = new Map<string, { readonly at: number; readonly lane: number; readonly reason: string }>();
  const groups = new Map<string, string>();
  /** Of each row, how far it is taken: bars of one row that overlap are drawn by no viewer. */
  const taken = new Map<number, number>();
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
        const ts = Math.max(since(start.at), taken.get(start.lane) ?? 0);
        const dur = Math.max(0, since(start.at) + event.ms * 1000 - ts);
        taken.set(start.lane, ts + dur);
        rows.push({ name: event.node, ph: 'X', pid: 1, tid: start.lane, ts, dur, cat: groups.get(event.node) ?? 'crpm', args });
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
      // A bar without an end: the run was killed, or goes on.
      for (const [node, { at, lane, reason }] of running) rows.push({ name: node, ph: 'B', pid: 1, tid: lane, ts: Math.max(since(at), taken.get(lane) ?? 0), cat: groups.get(node) ?? 'crpm', args: { why: reason } });
      running.clear();
      if (!closed) stream.write(`${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: rows })}\n`);
      closed = true;
      return Promise.resolve();
    },
  };
}
