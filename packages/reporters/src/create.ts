import { liveReporter } from './live.js';
import { plainReporter } from './plain.js';
import type { Reporter, ReporterOptions } from './reporter.js';

export const REPORTERS = ['live', 'plain', 'ndjson', 'github', 'junit', 'trace'] as const;
export type ReporterName = (typeof REPORTERS)[number];

/** Faces that write one document when the run has ended, not lines as it goes on. */
export const DOCUMENTS: ReadonlySet<ReporterName> = new Set(['junit', 'trace']);

/**
 * Makes a face. `live` needs a terminal that can redraw and knows its size, and becomes `plain` anywhere else, and when every line is wanted. The others are
 * loaded when they are asked for.
 */
export async function createReporter(name: ReporterName, options: ReporterOptions): Promise<Reporter> {
  switch (name) {
    case 'live':
      return canRedraw(options) ? liveReporter(options) : plainReporter(options);
    case 'plain':
      return plainReporter(options);
    case 'ndjson':
      return (await import('./ndjson.js')).ndjsonReporter(options);
    case 'github':
      return (await import('./github.js')).githubReporter(options);
    case 'junit':
      return (await import('./junit.js')).junitReporter(options);
    case 'trace':
      return (await import('./trace.js')).traceReporter(options);
  }
}

function canRedraw({ stream, verbose }: ReporterOptions): boolean {
  return stream.isTTY === true && (stream.columns ?? 0) > 0 && !verbose && process.env['TERM'] !== 'dumb' && !process.env['CI'];
}
