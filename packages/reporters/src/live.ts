import { palette, wantsColour } from './colour.js';
import { LiveModel } from './live-model.js';
import type { LiveScreen } from './live-screen.js';
import type { Reporter, ReporterOptions } from './reporter.js';
import { Summary } from './summary.js';

/** Milliseconds for which something must run before the view opens: the screen must not flash up for a run that is over by then. */
const SOON = 300;

/**
 * A view of all nodes that redraws itself, then the summary. What draws it is loaded when the first node has run for a moment, so a run in which all is fresh never pays
 * for it.
 */
export function liveReporter(options: ReporterOptions): Reporter {
  const summary = new Summary(options.stream);
  const model = new LiveModel(() => performance.now());
  let screen: Promise<LiveScreen> | undefined;
  let opening: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;

  const close = async () => {
    clearTimeout(opening);
    (await screen)?.close();
    if (options.summary === false) return;
    if (model.nodes.size > 0) options.stream.write(summary.format(palette(options.colour ?? wantsColour(options.stream, process.env))));
  };
  const open = () => {
    screen = import('./live-screen.js').then(({ openScreen }) => openScreen(model, options.stream, options.terminal?.()));
  };
  return {
    sink: (event) => {
      summary.take(event);
      model.take(event);
      if (event.type === 'node-started') opening ??= setTimeout(open, SOON);
    },
    close: () => (closing ??= close()),
  };
}
