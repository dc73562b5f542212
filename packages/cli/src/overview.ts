import { wrap } from '@crpm/core';
import type { Command } from 'commander';

/** The commands that most people need, by what they are for. */
const GROUPS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['Begin', { init: 'look around and write a config', doctor: 'look whether all is there that a run needs' }],
  ['Build', { run: 'run all, or some nodes and what they need, skipping what is fresh', plan: 'say what would run, and why', watch: 'run, and run again after each save' }],
  ['Look in', { status: 'how the last run went, and whether the proof holds', logs: 'what a node wrote; without a node, the one that failed', explain: 'why a node ran, or would', report: 'a run as one page; ui shows it while it goes on' }],
  ['KubeVirt', { verify: 'the proof alone', revert: "put KubeVirt's own files back" }],
];

/** What there is, on one screen of 24 lines and 80 columns; help has all of it. */
export function overview(root: Command): string {
  const grouped = new Set(GROUPS.flatMap(([, commands]) => Object.keys(commands)));
  const others = root.createHelp().visibleCommands(root).map((command) => command.name()).filter((name) => !grouped.has(name)).sort();
  const lines = [
    'Usage: crpm [options] [command]',
    ...GROUPS.flatMap(([title, commands]) => [title, ...Object.entries(commands).map(([name, what]) => `  ${name.padEnd(9)}${what}`)]),
    `Others: ${others.join(', ')}`,
    '',
    'crpm help COMMAND has its options and examples, crpm --help all commands and what exit codes mean.',
  ];
  return `${lines.map((line) => wrap(line, { width: 80, first: 0, indent: 2 })).join('\n')}\n`;
}
