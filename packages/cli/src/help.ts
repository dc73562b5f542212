import { atHand, wrap, type EngineConfig } from '@crpm/core';
import { InvalidArgumentError, Option, type Command } from 'commander';

/** The lines after a command's help. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Help for a terminal of that width: a remark beside an example goes on below itself. Options and descriptions are broken already. */
export function fitHelp(text: string, width: number | undefined): string {
  const fit = (line: string) => {
    if (width === undefined || line.length <= width) return line;
    const [, before = '', remark = ''] = /^( *\S.*? {2,})(\S.*)$/.exec(line) ?? [];
    return remark === '' ? wrap(line, { width, first: 0, indent: line.startsWith(' ') ? 4 : 0 }) : before + wrap(remark, { width, first: before.length, indent: before.length });
  };
  return atHand(text).split('\n').map(fit).join('\n');
}

/** What an exit code means; README has more words. */
export const EXIT_CODES = `
Exit codes:
  0         done what was asked
  1         a node failed, or a check found that something is not so
  2         the config, the command line or a tree is wrong
  3         the machine: no engine, disk full, network, a port in use
  4         another command works here; --wait waits
  5         a bug in crpm; the stack is in the log it names
  130, 143  stopped by Ctrl-C, by SIGTERM or SIGHUP`;

/** For an option that may be given several times, or with commas. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(',').filter((part) => part !== '')];
}

/** A whole number from `least` on. */
export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return number;
  };
}

/** Ports below 1024 are for the system's own services, and only root may open them. */
export function portNumber(value: string): number {
  const port = wholeNumber(1, 65535)(value);
  if (port < 1024) throw new InvalidArgumentError('Ports below 1024 are for services of the system; choose one from 1024 to 65535.');
  return port;
}

/** The options that say which nodes a command is about. */
export function withSelection(command: Command): Command {
  return command
    .argument('[nodes...]', "nodes to run, with what they need; ids or globs ('libvirt.*'); default: all")
    .option('--only <node>', 'run exactly this node, on the results that its needs have (repeatable)', collect, [])
    .option('--skip <package>', 'leave a package out of this run (repeatable)', collect, [])
    .option('--from <node>', 'run this node and all that rests on it, fresh or not (repeatable)', collect, [])
    .option('--force', 'run what is selected even if it is fresh');
}

export interface SelectionOptions {
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly from: readonly string[];
  readonly force?: boolean;
}

export function engineOption(): Option {
  return new Option('--engine <engine>', 'where commands run; overrides the config').choices(['auto', 'docker', 'host', 'kubernetes']);
}

/** The options that stand above the config. */
export function withOverrides(command: Command): Command {
  return command
    .addOption(new Option('-p, --profile <profile>', 'how packages are built; overrides build.profile: dev is incremental, full leaves the spec as it is').choices(['dev', 'full']))
    .addOption(engineOption())
    .option('--locked', 'refuse when custom-rpms.lock.yaml does not pin all that can move');
}

export interface Overrides {
  /** `verify --cluster`: the node verify-cluster, whatever the config says of clusters; nothing is brought up or synced for it. */
  readonly cluster?: boolean;
  readonly profile?: 'dev' | 'full';
  readonly engine?: EngineConfig['kind'];
  readonly locked?: boolean;
}
