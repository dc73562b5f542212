import { Command } from 'commander';
import type { Event } from '@crpm/core';
import { openFaces, parseFace, type Wanted } from '../faces.js';
import { examples } from '../help.js';
import type { Cli, GlobalOptions } from '../io.js';
import { namedRun } from '../named-run.js';
import { openWorkspace, workingDirectory } from '../project.js';
import { readEvents, runLogs } from '../run-folder.js';
import { ONLY_WAITS, stoppable } from '../signals.js';

interface EventsOptions extends GlobalOptions {
  readonly reporter?: readonly Wanted[];
  readonly verbose?: boolean;
}

export function eventsCommand(cli: Cli): Command {
  return new Command('events')
    .description('replay a recorded run into any face: what crpm run --reporter would have shown or written')
    .argument('[run]', 'name of the run; latest: the last one', 'latest')
    .option('--reporter <face>', 'plain (the default on a terminal), ndjson (elsewhere), github, junit, trace or html; FACE=FILE writes it to a file (repeatable)', parseFace)
    .option('--verbose', 'with every line that programs wrote')
    .addHelpText('after', examples(['crpm events', 'crpm events latest --reporter plain', 'crpm events 20260822T101500.123Z-4f1c2a --reporter trace=trace.json']))
    .action(async (run: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<EventsOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const logs = runLogs(workspace, namedRun(workspace, run));
      const faces = await openFaces(options.reporter ?? [{ name: cli.io.stdout.isTTY ? 'plain' : 'ndjson' }], {
        io: cli.io,
        config: project.config,
        cwd: workingDirectory(cli, options),
        verbose: options.verbose === true,
        last: (line) => cli.io.stderr.write(`${line}\n`),
      });
      await stoppable(cli, async ({ signal }) => {
        for (const event of readEvents(logs)) {
          if (signal.aborted) break;
          if (options.verbose && event.type === 'node-finished' && event.log !== undefined) await replayLog(event.log, event, faces.sink, signal);
          faces.sink(event);
        }
        await faces.close();
      }, ONLY_WAITS);
    });
}

/** What a node's programs wrote, just before it ends: when each line came is not recorded. */
async function replayLog(log: string, { node, at }: { readonly node: string; readonly at: number }, sink: (event: Event) => void, signal: AbortSignal): Promise<void> {
  const [{ createReadStream, existsSync }, { createInterface }] = await Promise.all([import('node:fs'), import('node:readline')]);
  if (!existsSync(log)) return;
  for await (const text of createInterface({ input: createReadStream(log, { signal }), crlfDelay: Infinity })) sink({ type: 'node-line', at, node, text });
}
