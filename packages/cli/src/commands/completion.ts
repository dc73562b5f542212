import { Argument, Command } from 'commander';
import { examples } from '../help.js';
import type { Cli, GlobalOptions, Io } from '../io.js';
import { howStarted } from '../how-started.js';
import { SHELLS, type Shell } from '../completion/scripts.js';

export function completionCommand(cli: Cli): Command {
  return new Command('completion')
    .description('print what makes a shell complete commands, options and the ids of the nodes of the config at hand')
    .addArgument(new Argument('<shell>', 'which').choices([...SHELLS]))
    .addHelpText(
      'after',
      examples([
        'source <(crpm completion bash)  in ~/.bashrc',
        'source <(crpm completion zsh)   in ~/.zshrc, below compinit',
        'crpm completion fish | source   in ~/.config/fish/config.fish',
      ]),
    )
    .action(async (shell: Shell) => {
      const { completionScript } = await import('../completion/scripts.js');
      cli.io.stdout.write(completionScript(shell, howStarted(cli.io.env)));
    });
}

/** What the scripts ask: candidates for the last of the words, one a line. Never a complaint; nothing is what a shell can do without. */
export function completeCommand(cli: Cli): Command {
  return new Command('complete')
    .argument('[words...]', 'what is on the command line behind crpm, the last word cut at the cursor')
    .allowUnknownOption()
    .action(async (words: readonly string[], _options: unknown, command: Command) => {
      const { candidates } = await import('../completion/candidates.js');
      const root = command.parent ?? command;
      const options: GlobalOptions = folderAndConfig(words);
      const found = await candidates(root, words, offersOf({ ...cli, io: silent(cli.io) }, options));
      if (found.length > 0) cli.io.stdout.write(`${found.join('\n')}\n`);
    });
}

function offersOf(cli: Cli, options: GlobalOptions) {
  const project = async () => {
    const { openProject } = await import('../project.js');
    return openProject(cli, options).catch(() => undefined);
  };
  return {
    nodes: async () => [...((await project())?.graph.nodes.keys() ?? [])],
    packages: async () => ((await project())?.config.packages ?? []).map(({ name }) => name),
    faces: async () => (await import('../faces.js')).FACES,
    runs: async () => [...(await runsOf(cli, options)), 'latest'],
  };
}

/** The last one first: mostly it is that which is wanted. */
async function runsOf(cli: Cli, options: GlobalOptions): Promise<readonly string[]> {
  const [{ openWorkspace }, { listRuns }] = await Promise.all([import('../project.js'), import('../run-folder.js')]);
  const opened = await openWorkspace(cli, options).catch(() => undefined);
  return opened ? listRuns(opened.workspace).toReversed() : [];
}

/** The line is not parsed, it is not whole; but where it acts is needed to know its nodes. */
function folderAndConfig(words: readonly string[]): GlobalOptions {
  const after = (option: string) => {
    const at = words.slice(0, -1).indexOf(option);
    return at === -1 ? undefined : words[at + 1];
  };
  const [dir, config] = [after('-C'), after('--config')];
  return { ...(dir === undefined ? {} : { C: dir }), ...(config === undefined ? {} : { config }) };
}

function silent(io: Io): Io {
  return { ...io, stderr: { write: () => true } };
}
