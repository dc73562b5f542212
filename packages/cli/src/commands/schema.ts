import { Command } from 'commander';
import { examples } from '../help.js';
import { printJson, type Cli } from '../io.js';

export function schemaCommand(cli: Cli): Command {
  return new Command('schema')
    .description('print the JSON Schema of the config file')
    .addHelpText('after', examples(['crpm schema > custom-rpms.schema.json']))
    .action(async () => {
      const { loadSchema } = await import('@crpm/config');
      printJson(cli.io, await loadSchema());
    });
}
