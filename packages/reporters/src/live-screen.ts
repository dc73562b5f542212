import { EOL } from 'node:os';
import { DefaultRenderer, Listr, ListrEventType, ListrLogger, ListrTaskState, ProcessOutput } from 'listr2';
import { fitRows } from './live-fit.js';
import type { LiveModel, LiveNode } from './live-model.js';
import { widest } from './live-progress.js';
import { keyHelp, logPage, press, type View } from './live-view.js';
import type { Keys, Screen } from './reporter.js';

/** How often the model is copied to the screen, in milliseconds; a build may print thousands of lines in that time. */
const FRAME = 100;

export interface LiveScreen {
  /** Clears the view and gives the terminal back. */
  close(): Promise<void>;
}

/**
 * Draws a model with listr2's own renderer. Its tasks are never run: each frame sets their states from the model, so that the
 * order of things stays the runner's alone.
 */
export async function openScreen(model: LiveModel, stream: Screen, keys?: Keys): Promise<LiveScreen> {
  let view: View = { open: false };
  const nodes = [...model.nodes.values()];
  const listr = new Listr<object, 'default', 'default'>(
    nodes.map((node) => ({ title: node.id, task: () => undefined })),
    { exitOnError: false, registerSignalListeners: false, renderer: 'default', fallbackRenderer: 'default' },
  );
  const logger = new ListrLogger({ useIcons: true, toStderr: [], processOutput: new SizedOutput(stream as NodeJS.WriteStream) });
  const renderer = new (rendererAbove(() => pageOf(model, view, stream), () => lastLine(model, view, stream, keys !== undefined), () => stream.rows ?? 24))(
    listr.tasks,
    { clearOutput: true, collapseErrors: false, showErrorMessage: false, collapseSkips: false, showSkipMessage: false, formatOutput: 'truncate', logger },
    listr.events,
  );
  // Nodes that wait are shown if all fit on the terminal, with a line of output of each that can run at once, how far it is, and the cursor. Else only those whose turn has come.
  const roomy = nodes.length + widest(model.nodes) + 1 < (stream.rows ?? 24);
  const rows = nodes.map((node, index) => ({ node, task: listr.tasks[index] as (typeof listr.tasks)[number], line: '', shown: false }));

  const draw = () => {
    for (const row of rows) {
      const { node, task } = row;
      if (!row.shown && (roomy || node.state !== 'waiting')) {
        row.shown = true;
        // Marks the task as one to draw. Only once it was drawn does listr2 listen for its output: that waits for the next frame.
        void task.check({});
      } else if (node.line !== row.line && node.state === 'running') {
        row.line = node.line;
        task.output$ = node.line;
      }
      task.title = `${node.id === view.chosen ? '▸ ' : ''}${model.title(node)}`;
      const state = STATES[node.state];
      if (task.state !== state) task.state$ = state;
    }
  };
  draw();
  await renderer.render();
  renderer.update();
  const frames = setInterval(draw, FRAME);
  keys?.onType((typed) => {
    view = press(view, typed, nodes);
    draw();
    renderer.update();
  });
  return {
    close: () => {
      clearInterval(frames);
      keys?.close();
      // A task that becomes one to draw says so later, and would be drawn below what was cleared.
      listr.events.off(ListrEventType.SHOULD_REFRESH_RENDER);
      renderer.end();
      return Promise.resolve();
    },
  };
}

/** listr2 copies a stream with the size that it has then, and would draw into a window that became wider as if it had not. */
class SizedOutput extends ProcessOutput {
  constructor(private readonly sized: NodeJS.WriteStream) {
    super(sized);
  }

  override get stdout(): NodeJS.WriteStream {
    return Object.defineProperties(super.stdout, { columns: { get: () => this.sized.columns }, rows: { get: () => this.sized.rows } });
  }
}

/** listr2's renderer with a line of one's own below its tasks, or below a page that takes their place; no higher than the terminal. */
function rendererAbove(page: () => readonly string[] | undefined, line: () => string, rows: () => number): typeof DefaultRenderer {
  return class extends DefaultRenderer {
    override create(options?: Parameters<DefaultRenderer['create']>[0]): string {
      // A line is left for the cursor.
      return (page()?.concat(line()) ?? fitRows([...super.create(options).split(EOL), line()], rows() - 1)).join(EOL);
    }
  };
}

function pageOf(model: LiveModel, { open, chosen = '' }: View, { rows = 24, columns = 80 }: Screen): readonly string[] | undefined {
  const node = open ? model.nodes.get(chosen) : undefined;
  return node && logPage(model, node, { rows, columns });
}

/** How far the run is, and what the keys do, as far as there is room. */
function lastLine(model: LiveModel, view: View, { columns = 80 }: Screen, typing: boolean): string {
  const progress = model.progress();
  const help = keyHelp(view);
  const gap = columns - 1 - progress.length - help.length;
  return typing && gap >= 2 ? `${progress}${' '.repeat(gap)}${help}` : progress;
}

const STATES: Readonly<Record<LiveNode['state'], ListrTaskState>> = {
  waiting: ListrTaskState.WAITING,
  running: ListrTaskState.STARTED,
  ran: ListrTaskState.COMPLETED,
  restored: ListrTaskState.COMPLETED,
  fresh: ListrTaskState.COMPLETED,
  failed: ListrTaskState.FAILED,
  cancelled: ListrTaskState.SKIPPED,
  'not-run': ListrTaskState.SKIPPED,
};
