import type { Command, Option } from 'commander';

/** What the config at hand has to offer; asked for only when a word of that sort is wanted. */
export interface Offers {
  nodes(): Promise<readonly string[]>;
  packages(): Promise<readonly string[]>;
  faces(): Promise<readonly string[]>;
  /** Names of the runs on record. */
  runs(): Promise<readonly string[]>;
}

/** What a word stands for, by the name of the argument or option value: `<node>`, `[nodes...]`, `<package>`. */
const SORTS: Readonly<Record<string, keyof Offers>> = { node: 'nodes', nodes: 'nodes', package: 'packages', packages: 'packages', face: 'faces', run: 'runs' };

/**
 * What can stand in place of the last of `words`, which is being typed and may be empty: commands, options, their values, ids of nodes. An empty list leaves the
 * shell to complete names of files. `words` does not hold the program's own name.
 */
export async function candidates(program: Command, words: readonly string[], offers: Offers): Promise<readonly string[]> {
  const typed = words.at(-1) ?? '';
  const { command, pending, given } = follow(program, words.slice(0, -1));
  const all = await offered(command, pending, typed, given, offers);
  return [...new Set(all)].filter((word) => word.startsWith(typed));
}

async function offered(command: Command, pending: Option | undefined, typed: string, given: number, offers: Offers): Promise<readonly string[]> {
  if (pending) return valuesOf(pending, offers);
  const [name, value] = typed.split(/=(.*)/s, 2);
  if (typed.startsWith('--') && value !== undefined) {
    const option = optionsOf(command).find(({ long }) => long === name);
    return option ? (await valuesOf(option, offers)).map((one) => `${name}=${one}`) : [];
  }
  if (typed.startsWith('-')) return optionsOf(command).flatMap(({ long, hidden }) => (long === undefined || long === null || hidden ? [] : [long]));
  const below = command.commands.filter((one) => !isHidden(one)).map((one) => one.name());
  const argument = command.registeredArguments[given] ?? command.registeredArguments.findLast(({ variadic }) => variadic);
  const sort = argument && SORTS[argument.name()];
  return [...below, ...(argument?.argChoices ?? []), ...(sort ? await offers[sort]() : [])];
}

/** The command that the words before come to, the option that still wants its value, and how many arguments the command has. */
function follow(program: Command, words: readonly string[]): { readonly command: Command; readonly pending: Option | undefined; readonly given: number } {
  let command = program;
  let pending: Option | undefined;
  let given = 0;
  for (const word of words) {
    if (pending) {
      pending = undefined;
    } else if (word.startsWith('-')) {
      const option = word.includes('=') ? undefined : optionsOf(command).find(({ short, long }) => word === short || word === long);
      pending = option?.required ? option : undefined;
    } else {
      const below = given === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (below) command = below;
      else given++;
    }
  }
  return { command, pending, given };
}

/** Its own, and those of what is above it. */
function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...(command.parent ? optionsOf(command.parent) : []), ...(command.parent ? [] : command.createHelp().visibleOptions(command))];
}

async function valuesOf(option: Option, offers: Offers): Promise<readonly string[]> {
  if (option.argChoices) return option.argChoices;
  const sort = SORTS[/[<[](\w+)/.exec(option.flags)?.[1] ?? ''];
  return sort ? offers[sort]() : [];
}

/** Commander keeps it to itself, but its help does not list hidden commands. */
function isHidden(command: Command): boolean {
  return command.parent !== null && !command.parent.createHelp().visibleCommands(command.parent).includes(command);
}
