import type { Reporter, ReporterOptions } from './reporter.js';

/** Every event as one line of JSON, as it is. */
export function ndjsonReporter(options: ReporterOptions): Reporter {
  return {
    sink: (event) => {
      options.stream.write(`${JSON.stringify(event)}\n`);
    },
    close: () => Promise.resolve(),
  };
}
