import { Argument, Command } from 'commander';
import { unreachable } from '@crpm/core';
import { examples } from '../help.js';
import { printJson, type Cli } from '../io.js';

const SCHEMAS = ['config', 'plan', 'explain', 'event'] as const;

export function schemaCommand(cli: Cli): Command {
  return new Command('schema')
    .description('print the JSON Schema of the config file, or of what a command prints with --json')
    .addArgument(new Argument('[what]', 'which').choices([...SCHEMAS]).default('config'))
    .addHelpText('after', examples(['crpm schema > custom-rpms.schema.json', 'crpm schema plan', 'crpm schema event                 of each line that crpm run --json prints']))
    .action(async (what: (typeof SCHEMAS)[number]) => {
      printJson(cli.io, await load(what));
    });
}

async function load(what: (typeof SCHEMAS)[number]): Promise<object> {
  switch (what) {
    case 'config':
      return (await import('@crpm/config')).loadSchema();
    case 'plan':
      return (await import('../../../../schemas/plan.schema.json')).default;
    case 'explain':
      return (await import('../../../../schemas/explain.schema.json')).default;
    case 'event':
      return (await import('../../../../schemas/event.schema.json')).default;
    default:
      return unreachable(what);
  }
}
