import { liveReporter } from './live.js';
import { ndjsonReporter } from './ndjson.js';
import { plainReporter } from './plain.js';
import type { Reporter, ReporterOptions } from './reporter.js';

export const REPORTERS = ['live', 'plain', 'ndjson'] as const;
export type ReporterName = (typeof REPORTERS)[number];

/** Makes a face. `live` needs a terminal that can redraw and knows its size, and becomes `plain` anywhere else, and when every line is wanted. */
export function createReporter(name: ReporterName, options: ReporterOptions): Reporter {
  switch (name) {
    case 'live':
      return canRedraw(options) ? liveReporter(options) : plainReporter(options);
    case 'plain':
      return plainReporter(options);
    case 'ndjson':
      return ndjsonReporter(options);
  }
}

function canRedraw({ stream, verbose }: ReporterOptions): boolean {
  return stream.isTTY === true && (stream.columns ?? 0) > 0 && !verbose && process.env['TERM'] !== 'dumb' && !process.env['CI'];
}
