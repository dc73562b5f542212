import { screenText, type Event } from '@crpm/core';
import { palette, paintOutcome, wantsColour } from './colour.js';
import type { Reporter, ReporterOptions } from './reporter.js';
import { Summary } from './summary.js';
import { formatDuration, outcomeWord } from './words.js';
import { prose } from './wrap.js';

/** One line per change, each with its node in front; for pipes, logs of other tools, and terminals that can't redraw. */
export function plainReporter(options: ReporterOptions): Reporter {
  const colours = palette(options.colour ?? wantsColour(options.stream, process.env));
  const summary = new Summary(options.stream);
  const say = (text: string) => options.stream.write(`${prose(text, options.stream)}\n`);

  const sink = (event: Event) => {
    summary.take(event);
    switch (event.type) {
      case 'run-started':
        return;
      case 'node-started':
        say(`${event.node}: ${event.reason}`);
        return;
      case 'node-line':
        if (options.verbose) options.stream.write(`${event.node} | ${screenText(event.text)}\n`);
        return;
      case 'node-status':
        say(`${event.node}: ${screenText(event.text)}`);
        return;
      case 'node-warning':
        say(`${event.node}: ${colours.caution('warning:')} ${event.text}`);
        return;
      case 'warning':
        say(`${colours.caution('warning:')} ${event.text}`);
        return;
      case 'node-finished': {
        // What did not run is no change; the summary lists it.
        if (event.outcome === 'fresh' || event.outcome === 'not-run') return;
        const took = event.ms > 0 ? ` in ${formatDuration(event.ms)}` : '';
        const why = event.outcome === 'failed' && event.failure ? `: ${event.failure.message}` : '';
        say(`${event.node}: ${paintOutcome(colours, event.outcome, outcomeWord(event.outcome))}${event.shared ? ' from the shared store' : ''}${took}${why}`);
        return;
      }
      case 'run-finished':
        if (options.summary !== false) options.stream.write(`\n${summary.format(colours)}`);
        return;
    }
  };
  return { sink, close: () => Promise.resolve() };
}
