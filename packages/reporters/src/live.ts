import { palette, wantsColour } from './colour.js';
import { LiveModel } from './live-model.js';
import type { LiveScreen } from './live-screen.js';
import type { Reporter, ReporterOptions } from './reporter.js';
import { Summary } from './summary.js';

/**
 * A view of all nodes that redraws itself, then the summary. listr2 draws it and nothing more: it is loaded when the first node
 * starts, so a run in which all is fresh never pays for it.
 */
export function liveReporter(options: ReporterOptions): Reporter {
  const summary = new Summary(options.stream);
  const model = new LiveModel(() => performance.now());
  let screen: Promise<LiveScreen> | undefined;
  let closing: Promise<void> | undefined;

  const close = async () => {
    const drawn = await screen;
    await drawn?.close();
    if (options.summary === false) return;
    if (drawn) options.stream.write('\n');
    if (model.nodes.size > 0) options.stream.write(summary.format(palette(options.colour ?? wantsColour(options.stream, process.env))));
  };
  return {
    sink: (event) => {
      summary.take(event);
      model.take(event);
      if (event.type === 'node-started') screen ??= import('./live-screen.js').then(({ openScreen }) => openScreen(model, options.stream, options.keys?.()));
    },
    close: () => (closing ??= close()),
  };
}
