import { Command, InvalidArgumentError } from 'commander';
import { parseSize } from '@crpm/core';
import type { CacheOptions, GcOptions } from '../cache/commands.js';
import { examples } from '../help.js';
import type { Cli } from '../io.js';

export function cacheCommand(cli: Cli): Command {
  return new Command('cache')
    .description('what is kept between runs, of all workspaces: look at it, make room, check it')
    .helpCommand(false)
    .addHelpText('after', examples(['crpm cache ls', 'crpm cache gc --max-size 10GiB --dry-run', 'crpm cache verify']))
    .addCommand(listCommand(cli))
    .addCommand(collectCommand(cli))
    .addCommand(verifyCommand(cli));
}

function listCommand(cli: Cli): Command {
  return new Command('ls')
    .description('all that grows: results, build trees, compiler caches, fetched repositories, build roots, logs; how big, how old, and what must stay')
    .option('--json', 'as JSON, with every item')
    .addHelpText('after', examples(['crpm cache ls', 'crpm cache ls --json']))
    .action(async (_options: unknown, command: Command) => {
      const { listCache } = await import('../cache/commands.js');
      await listCache(cli, command.optsWithGlobals<CacheOptions>());
    });
}

function collectCommand(cli: Cli): Command {
  return new Command('gc')
    .description('remove what was used least recently until the rest fits; runs do that by themselves. What a WORKSPACE may name stays')
    .option('--max-size <size>', 'how much may be left: 10GiB, 0; default: cache.maxSize of the config', size)
    .option('--dry-run', 'only say what would go')
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['crpm cache gc', 'crpm cache gc --max-size 10GiB --dry-run', 'crpm cache gc --max-size 0']))
    .action(async (_options: unknown, command: Command) => {
      const { collectCache } = await import('../cache/commands.js');
      await collectCache(cli, command.optsWithGlobals<GcOptions>());
    });
}

function verifyCommand(cli: Cli): Command {
  return new Command('verify')
    .description('read all that is kept and compare it with its digests; what is damaged is set aside and named, and the exit code is 1')
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['crpm cache verify', 'crpm cache verify --json']))
    .action(async (_options: unknown, command: Command) => {
      const { verify } = await import('../cache/commands.js');
      await verify(cli, command.optsWithGlobals<CacheOptions>());
    });
}

/** A plain number below this is meant otherwise, bytes. */
const SMALLEST = 1024 ** 2;

function size(value: string): number {
  const bytes = parseSize(value);
  if (bytes === undefined) throw new InvalidArgumentError('It must be a whole number with KiB, MiB, GiB or TiB, as in 10GiB, or 0.');
  // Whoever says 10 does not mean ten bytes, and everything would go.
  if (/^\d+$/.test(value) && bytes > 0 && bytes < SMALLEST) throw new InvalidArgumentError(`${value} is that many bytes; say ${value}GiB.`);
  return bytes;
}
