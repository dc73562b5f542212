import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { examples } from '../help.js';
import type { Cli } from '../io.js';

export function manCommand(cli: Cli): Command {
  return new Command('man')
    .description('the manual page: shown on a terminal, else printed as troff reads it')
    .addHelpText('after', examples(['crpm man', 'crpm man > /usr/local/share/man/man1/crpm.1']))
    .action(async (_options: unknown, command: Command) => {
      const file = join(__dirname, 'crpm.1');
      const { findProgram } = await import('@crpm/engines');
      const man = cli.io.stdout.isTTY ? findProgram('man', cli.io.env['PATH'] ?? '', cli.io.cwd) : undefined;
      if (man !== undefined && existsSync(file)) {
        const { spawnSync } = await import('node:child_process');
        cli.code = spawnSync(man, ['-l', file], { stdio: 'inherit' }).status ?? 1;
        return;
      }
      const { manPage } = await import('../man/page.js');
      cli.io.stdout.write(existsSync(file) ? readFileSync(file, 'utf8') : manPage(command.parent ?? command, cli.version));
    });
}
