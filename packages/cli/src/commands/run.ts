import { Command } from 'commander';
import { faceOfStdout, isForPeople, openFaces, parseFace, type Wanted } from '../faces.js';
import { examples, wholeNumber, withOverrides, withSelection, type Overrides, type SelectionOptions } from '../help.js';
import type { Cli, GlobalOptions } from '../io.js';
import { openProject, requireTrees, selected, tellVariables, workingDirectory } from '../project.js';
import { stoppable } from '../signals.js';

interface RunOptions extends GlobalOptions, SelectionOptions, Overrides {
  readonly keepGoing?: boolean;
  readonly jobs?: number;
  readonly dryRun?: boolean;
  readonly pull?: boolean;
  readonly cleanBuild?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly reporter?: readonly Wanted[];
}

export function runCommand(cli: Cli): Command {
  return withOverrides(withSelection(new Command('run').description('run the graph, or a part of it, skipping what is fresh')))
    .option('--keep-going', 'after a failure, run all that does not need what failed')
    .option('--jobs <n>', 'processors to use; default: all', wholeNumber(1, 4096))
    .option('--dry-run', 'say what would run, and why; change nothing')
    .option('--pull', 'fetch the base image again')
    .option('--clean-build', 'build from scratch what is built incrementally, fresh or not: its build trees are thrown away')
    .option('--wait', 'wait until another command in this workspace has ended')
    .option('--json', 'events as lines of JSON, the same as --reporter ndjson; crpm schema event describes them')
    .option('--verbose', 'show every line that programs write')
    .option('--reporter <face>', 'how progress is shown: live, plain, ndjson, github, junit, trace or html; FACE=FILE writes it to a file beside (repeatable)', parseFace)
    .addHelpText(
      'after',
      examples([
        'crpm run',
        'crpm run libvirt.rpmbuild              that, and what it needs',
        'crpm run --only libvirt.rpmbuild       that alone, on the results its needs have',
        'crpm run --skip qemu --from createrepo',
        'crpm run --reporter junit=report.xml --reporter trace=trace.json',
        'crpm run --reporter html               and a page that shows all of it, among the logs',
        'crpm run --dry-run',
      ]),
    )
    .action(async (nodes: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RunOptions>();
      const faces: readonly Wanted[] = [...(options.json ? [{ name: 'ndjson' } as const] : []), ...(options.reporter ?? [])];
      const stdout = faceOfStdout(faces);
      const project = await openProject(cli, options);
      const part = selected(project, nodes, options);
      await requireTrees(project, options.skip);
      tellVariables(cli, project);
      if (options.dryRun) {
        const { printPlan } = await import('../print-plan.js');
        await printPlan(cli, project, part, { json: options.json === true, cleanBuild: options.cleanBuild === true });
        return;
      }
      const last: string[] = [];
      await stoppable(cli, async (stop) => {
        const [{ execute }, { watchWhatStands }, { locateWorkspace }] = await Promise.all([import('../execute.js'), import('../what-it-left.js'), import('@crpm/state')]);
        const workspace = locateWorkspace({ root: project.config.root, env: cli.io.env });
        const watch = isForPeople(stdout) ? await watchWhatStands({ config: project.config, workspace, env: cli.io.env, signal: stop.signal }, part) : undefined;
        const reporter = await openFaces(faces, { io: cli.io, config: project.config, cwd: workingDirectory(cli, options), verbose: options.verbose === true, last: (line) => last.push(line) });
        const summary = await execute({
          project,
          selected: part,
          ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
          keepGoing: options.keepGoing === true,
          pull: options.pull === true,
          cleanBuild: options.cleanBuild === true,
          wait: options.wait === true,
          command: ['crpm run', ...command.args].join(' '),
          reporter: {
            ...reporter,
            sink: (event) => {
              watch?.note(event);
              reporter.sink(event);
            },
          },
          io: cli.io,
          version: cli.version,
          stop,
        });
        cli.code = summary.exitCode;
        if (!watch) return;
        const { printEnd } = await import('../print-end.js');
        await printEnd(cli.io, summary, { project, workspace, watch });
      }).finally(() => {
        for (const line of last) cli.io.stderr.write(`${line}\n`);
      });
    });
}

