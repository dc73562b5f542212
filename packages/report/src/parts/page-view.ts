import type { Layout } from '../picture/layout.js';
import type { NodeRecord, RunRecord } from '../run-record.js';
import { criticalPath } from '../view/analysis.js';

/** What every part of the page is made from. */
export interface PageView {
  readonly record: RunRecord;
  /** What the workspace is called. */
  readonly name: string;
  /** When the page was made, or now; milliseconds since the epoch. */
  readonly now: number;
  /** The run has no end, and never will have one. */
  readonly killed: boolean;
  readonly layout: Layout;
  readonly critical: readonly NodeRecord[];
}

export function pageView(options: Omit<PageView, 'critical'>): PageView {
  return { ...options, critical: criticalPath(options.record, options.now) };
}
