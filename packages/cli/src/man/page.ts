import type { Argument, Command, Option } from 'commander';

/** The manual page of a program, in man(7)'s macros, from what its `--help` is made of. `after`: sections that `--help` of the program itself ends with are taken from there. */
export function manPage(program: Command, version: string): string {
  const commands = program.createHelp().visibleCommands(program).filter((command) => command.name() !== 'help');
  return [
    `.TH ${text(program.name().toUpperCase())} 1 "" "${text(`${program.name()} ${version}`)}" "User Commands"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    `${text(program.name())} \\- ${text(sentence(program.description()))}`,
    '.SH SYNOPSIS',
    `.B ${text(program.name())}`,
    `${text('[options] command [arguments]')}`,
    '.SH OPTIONS',
    ...options(program),
    '.SH COMMANDS',
    ...commands.flatMap((command) => section(command, program.name())),
    ...endOf(program).flatMap(([head, lines]) => [`.SH ${text(head.toUpperCase())}`, ...entries(lines)]),
    '',
  ].join('\n');
}

/** A command, then those below it. */
function section(command: Command, parent: string): readonly string[] {
  const name = `${parent} ${command.name()}`;
  const below = command.createHelp().visibleCommands(command).filter((one) => one.name() !== 'help');
  const own = [
    `.SS ${text(`${name} ${command.usage()}`)}`,
    text(`${capital(command.description())}.`),
    ...command.registeredArguments.filter(({ description }) => description !== '').flatMap(argument),
    ...options(command),
    ...endOf(command).flatMap(([head, lines]) => ['.PP', `${text(head)}:`, ...entries(lines)]),
  ];
  return [...own, ...below.flatMap((one) => section(one, name))];
}

function argument(one: Argument): readonly string[] {
  return ['.TP', `.I ${text(one.name())}`, text(withChoices(one.description, one.argChoices))];
}

function options(command: Command): readonly string[] {
  const own = command.createHelp().visibleOptions(command).filter(({ long }) => command.parent === null || long !== '--help');
  return own.flatMap((option: Option) => ['.TP', `.B ${text(option.flags)}`, text(withChoices(option.description, option.argChoices))]);
}

function withChoices(description: string, choices: readonly string[] | undefined): string {
  return choices === undefined ? description : `${description} (${choices.join(', ')})`;
}

/** What a command's help says behind its options, by headings: `Examples:` and the lines below it; prose is a line until the next blank one. */
function endOf(command: Command): readonly (readonly [string, readonly string[]])[] {
  const sections: [string, string[]][] = [];
  for (const line of behindOptions(command).replaceAll(/(?<=^\S.*[^:])\n(?=\S)/gm, ' ').split('\n')) {
    const head = /^(\S.*):$/.exec(line)?.[1];
    if (head !== undefined) sections.push([head, []]);
    else if (line.trim() !== '') (sections.at(-1) ?? newSection(sections, 'Notes'))[1].push(line);
  }
  return sections;
}

function newSection(sections: [string, string[]][], head: string): [string, string[]] {
  const section: [string, string[]] = [head, []];
  sections.push(section);
  return section;
}

function behindOptions(command: Command): string {
  let all = '';
  const before = command.configureOutput();
  command.configureOutput({ writeOut: (more) => (all += more) });
  try {
    command.outputHelp();
  } finally {
    command.configureOutput(before);
  }
  const own = command.helpInformation();
  return all.slice(all.indexOf(own) + own.length);
}

/** Indented lines are something to type or an exit code, two blanks before what is said of it; others are prose. */
function entries(lines: readonly string[]): readonly string[] {
  const parts = lines.map((line) => /^ +(.*?)(?: {2,}(.*))?$/.exec(line)?.slice(1) ?? line);
  const widest = Math.max(...parts.map((part) => (typeof part === 'string' ? 0 : (part[0] ?? '').length)));
  const indent = widest > 10 ? 4 : widest + 2;
  const entry = ([term = '', remark]: readonly (string | undefined)[]) => [`.TP ${String(indent)}`, `.B ${text(term)}`, ...(remark === undefined ? [] : [text(remark)])];
  return ['.RS 4', '.PD 0', ...parts.flatMap((part) => (typeof part === 'string' ? ['.PD', '.RE', '.PP', text(part), '.RS 4', '.PD 0'] : entry(part))), '.PD', '.RE'];
}

/** Text that no formatter takes for a request: hyphens to be copied stay hyphens. */
function text(words: string): string {
  return words.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq').replaceAll("'", '\\(aq').replace(/^\./, '\\&.').replaceAll('\n', ' ').replace(/[^\u0000-\u007f]/gu, (letter) => `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`);
}

function sentence(words: string): string {
  return words.replace(/\.$/, '').replace(/^./, (letter) => letter.toLowerCase());
}

function capital(words: string): string {
  return words.replace(/^./, (letter) => letter.toUpperCase()).replace(/\.$/, '');
}
