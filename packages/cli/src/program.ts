import { Command, CommanderError, Help, type Option } from 'commander';
import { EXIT, FailureError, tellAtHand } from '@crpm/core';
import { prose, quietPipe, widthOf } from '@crpm/reporters';
import { cacheCommand } from './commands/cache.js';
import { cleanCommand } from './commands/clean.js';
import { completeCommand, completionCommand } from './commands/completion.js';
import { doctorCommand } from './commands/doctor.js';
import { ejectCommand } from './commands/eject.js';
import { eventsCommand } from './commands/events.js';
import { explainCommand } from './commands/explain.js';
import { graphCommand } from './commands/graph.js';
import { initCommand } from './commands/init.js';
import { logsCommand } from './commands/logs.js';
import { manCommand } from './commands/man.js';
import { planCommand } from './commands/plan.js';
import { prefetchCommand } from './commands/prefetch.js';
import { reportCommand } from './commands/report.js';
import { revertCommand } from './commands/revert.js';
import { runCommand } from './commands/run.js';
import { runsCommand } from './commands/runs.js';
import { schemaCommand } from './commands/schema.js';
import { serveCommand } from './commands/serve.js';
import { shellCommand } from './commands/shell.js';
import { sourceCommand } from './commands/source.js';
import { statusCommand } from './commands/status.js';
import { uiCommand } from './commands/ui.js';
import { updateCommand } from './commands/update.js';
import { validateCommand } from './commands/validate.js';
import { verifyCommand } from './commands/verify.js';
import { watchCommand } from './commands/watch.js';
import { examples, EXIT_CODES, fitHelp } from './help.js';
import { howStarted } from './how-started.js';
import type { Cli, Io } from './io.js';
import { overview } from './overview.js';
import { report } from './report.js';

/** Runs a command line in this process and ends the process with its exit code. */
export async function main(argv: readonly string[], io: Io, version: string): Promise<void> {
  const out = quietPipe(process.stdout);
  quietPipe(process.stderr);
  const bug = (thrown: unknown) => {
    process.exit(report(thrown, io));
  };
  process.on('uncaughtException', bug);
  process.on('unhandledRejection', bug);
  const code = await dispatch(argv, io, version);
  // Whatever still holds the loop (a kept connection, a stray timer) has no more say; what was written must get out first.
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit(tellLost(out.lost(), code, io));
}

/** Parses a command line, runs its command, prints what failed. Resolves to the exit code and never rejects. */
export async function dispatch(argv: readonly string[], io: Io, version: string): Promise<number> {
  const cli: Cli = { io, version, code: EXIT.ok };
  try {
    const root = program(cli);
    tellAtHand({ command: howStarted(io.env), commands: namesOf(root), cwd: io.cwd });
    if (argv.length === 0) {
      io.stderr.write(overview(root));
      return EXIT.usage;
    }
    await root.parseAsync(helpOfNothing(argv, root) ?? argv, { from: 'user' });
    return cli.code;
  } catch (thrown) {
    // Commander has printed its own complaint; help and version are no complaints.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return report(thrown, io);
  }
}

/** `help nosuch` as `nosuch`: commander would print the help of all, without a word about what is wrong. */
function helpOfNothing([first, name, ...rest]: readonly string[], root: Command): readonly string[] | undefined {
  if (first !== 'help' || name === undefined || name.startsWith('-') || rest.length > 0) return undefined;
  return namesOf(root).includes(name) ? undefined : [name];
}

/** The manual page, for the build to put beside the program. */
export async function manual(version: string): Promise<string> {
  const { manPage } = await import('./man/page.js');
  const nowhere = { write: () => true };
  return manPage(program({ io: { stdout: nowhere, stderr: nowhere, env: {}, cwd: '/' }, version, code: EXIT.ok }), version);
}

/** Says of an option that can be repeated nothing of the list that is empty at first. */
const OPTIONS = { optionDescription: (option: Option) => new Help().optionDescription(option).replace(' (default: [])', '') };

/** All commands, as they are typed. */
export function program(cli: Cli): Command {
  const root = new Command('crpm')
    .description('Builds QEMU, libvirt and their neighbours from your trees, and proves that KubeVirt took them.')
    .version(cli.version)
    .option('-C <dir>', 'run as if crpm had been started in <dir>')
    .option('--config <file>', 'the config file; default: found upward from the working directory')
    .option('--no-color', 'no colours; the same as NO_COLOR=1')
    // Whatever looks for colours, in this process or a task's program, knows the variable.
    .hook('preAction', (root) => { if (root.opts<{ color: boolean }>().color === false) cli.io.env['NO_COLOR'] = '1'; })
    .helpCommand('help [command]', 'help of a command')
    .addHelpText('after', examples(['crpm run', "crpm run --only 'libvirt.*'", 'crpm run --skip qemu', 'crpm plan', 'crpm verify', 'crpm revert']) + EXIT_CODES);
  const commands = [
    initCommand,
    runCommand,
    watchCommand,
    planCommand,
    explainCommand,
    graphCommand,
    validateCommand,
    schemaCommand,
    statusCommand,
    logsCommand,
    shellCommand,
    runsCommand,
    eventsCommand,
    reportCommand,
    uiCommand,
    sourceCommand,
    ejectCommand,
    updateCommand,
    verifyCommand,
    serveCommand,
    prefetchCommand,
    revertCommand,
    cacheCommand,
    cleanCommand,
    doctorCommand,
    completionCommand,
    manCommand,
  ];
  for (const make of commands) root.addCommand(make(cli));
  root.addCommand(completeCommand(cli), { hidden: true });
  for (const command of [root, ...root.commands, ...root.commands.flatMap(({ commands: below }) => below)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => cli.io.stdout.write(fitHelp(text, widthOf(cli.io.stdout))),
      writeErr: (text) => cli.io.stderr.write(text),
      outputError: (text, write) => { write(prose(text, cli.io.stderr)); },
    });
    command.configureHelp(OPTIONS);
    command.showHelpAfterError(command === root ? '(crpm --help lists the commands and their options)' : `(${nameOf(command)} --help has examples)`);
  }
  return root;
}

/** Of all commands that are shown, `help` among them. */
function namesOf(root: Command): readonly string[] {
  return root.createHelp().visibleCommands(root).map((command) => command.name());
}

/** `crpm cache gc` */
function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

/** The command did what it does; but somebody waits for words that did not come. */
function tellLost(error: Error | undefined, code: number, io: Io): number {
  if (!error) return code;
  report(new FailureError({ class: 'environment', message: `what was written is not complete: ${error.message}`, next: 'The work itself was done; crpm status tells how it ended.' }), io);
  return code === EXIT.ok ? EXIT.environment : code;
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}
