import { DefaultRenderer, Listr, ListrLogger, ListrTaskState, ProcessOutput, Spinner } from 'listr2';
import type { DrawnNode } from './live-fit.js';
import type { LiveModel, LiveNode } from './live-model.js';

/**
 * Draws nodes as listr2 draws tasks. The tasks are never run: each frame sets their states from the model, so that the order of things stays the runner's alone. Each
 * has a renderer of its own, so that it is known which rows are whose.
 */
export class LiveRows {
  readonly #spinner: Spinner;
  readonly #drawn: readonly Drawn[];

  private constructor(
    private readonly model: LiveModel,
    { spinner, drawn }: { readonly spinner: Spinner; readonly drawn: readonly Drawn[] },
  ) {
    this.#spinner = spinner;
    this.#drawn = drawn;
  }

  static async of(model: LiveModel): Promise<LiveRows> {
    const nodes = [...model.nodes.values()];
    const listr = new Listr<object, 'default', 'default'>(nodes.map(({ id }) => ({ title: id, task: () => undefined })), { exitOnError: false, registerSignalListeners: false, renderer: 'default', fallbackRenderer: 'default' });
    const spinner = new Spinner();
    const logger = new ListrLogger({ useIcons: true, toStderr: [], processOutput: new ProcessOutput() });
    const options = { collapseErrors: false, showErrorMessage: false, collapseSkips: false, showSkipMessage: false, spinner, logger };
    const drawn = nodes.map((node, index) => {
      const task = listr.tasks[index] as ListrTask;
      return { node, task, renderer: new TaskRenderer([task], options, listr.events), line: '' };
    });
    // Marks the tasks as ones to draw. Once they were drawn, the renderers listen for their output.
    await Promise.all(drawn.map(({ task }) => task.check({})));
    for (const { renderer } of drawn) renderer.create();
    return new LiveRows(model, { spinner, drawn });
  }

  /** The next picture of what turns. */
  spin(): void {
    this.#spinner.spin();
  }

  /** All nodes as they are now; rows may be wider than the terminal. */
  draw(chosen: string | undefined): readonly DrawnNode[] {
    return this.#drawn.map((drawn) => {
      const { node, renderer, task } = drawn;
      if (node.line !== drawn.line && node.state === 'running') {
        drawn.line = node.line;
        task.output$ = node.line;
      }
      task.title = `${node.id === chosen ? '▸ ' : ''}${this.model.title(node)}`;
      const state = STATES[node.state];
      if (task.state !== state) task.state$ = state;
      return { state: node.state, chosen: node.id === chosen, rows: renderer.create().split('\n'), ...(node.group === undefined ? {} : { group: node.group }) };
    });
  }
}

type ListrTask = Listr<object, 'default', 'default'>['tasks'][number];

interface Drawn {
  readonly node: LiveNode;
  readonly task: ListrTask;
  readonly renderer: TaskRenderer;
  /** Its output that the task has. */
  line: string;
}

/** One row for what is one; cut are only those that are shown. listr2 itself would cut them to the width of the process's stdout. */
class TaskRenderer extends DefaultRenderer {
  protected override format(message: string, icon: string, level: number): string[] {
    return [`${'  '.repeat(level)}${icon} ${message}`];
  }
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
