import { Command, InvalidArgumentError } from 'commander';
import { parseSize } from '@crpm/core';
import type { CacheOptions, GcOptions } from '../cache/commands.js';
import type { ExchangeOptions } from '../cache/remote.js';
import { examples, withOverrides } from '../help.js';
import type { Cli } from '../io.js';

export function cacheCommand(cli: Cli): Command {
  return new Command('cache')
    .description('what is kept between runs, of all workspaces: look at it, make room, check it; and what a team shares (cache.remote)')
    .helpCommand(false)
    .addHelpText('after', examples(['crpm cache ls', 'crpm cache gc --max-size 10GiB --dry-run', 'crpm cache verify', 'crpm cache ls --remote', 'crpm cache push']))
    .addCommand(listCommand(cli))
    .addCommand(collectCommand(cli))
    .addCommand(verifyCommand(cli))
    .addCommand(pushCommand(cli))
    .addCommand(pullCommand(cli));
}

function listCommand(cli: Cli): Command {
  return new Command('ls')
    .description('all that grows: results, build trees, compiler caches, fetched repositories, build roots, logs; how big, how old, and what must stay')
    .option('--remote', 'the results in the store that a team shares instead: what, how old, by whom')
    .option('--json', 'as JSON, with every item')
    .addHelpText('after', examples(['crpm cache ls', 'crpm cache ls --json', 'crpm cache ls --remote']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CacheOptions & { readonly remote?: boolean }>();
      if (options.remote) await (await import('../cache/remote.js')).listRemote(cli, options);
      else await (await import('../cache/commands.js')).listCache(cli, options);
    });
}

function pushCommand(cli: Cli): Command {
  return withOverrides(new Command('push'))
    .description('put what this workspace built in full into the store that a team shares; what is there already is left alone')
    .argument('[nodes...]', "only these nodes and what they need; ids or globs ('libvirt.*'); default: all")
    .option('--wait', 'wait until another command in this workspace has ended')
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['crpm cache push --profile full', 'crpm cache push libvirt.rpmbuild']))
    .action(async (nodes: readonly string[], _options: unknown, command: Command) => {
      const { pushCache } = await import('../cache/remote.js');
      await pushCache(cli, nodes, command.optsWithGlobals<ExchangeOptions>());
    });
}

function pullCommand(cli: Cli): Command {
  return withOverrides(new Command('pull'))
    .description('bring what the store that a team shares has for the trees as they stand; builds nothing')
    .argument('[nodes...]', "only these nodes and what they need; ids or globs ('libvirt.*'); default: all")
    .option('--wait', 'wait until another command in this workspace has ended')
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['crpm cache pull --profile full', "crpm cache pull 'libvirt.*'"]))
    .action(async (nodes: readonly string[], _options: unknown, command: Command) => {
      const { pullCache } = await import('../cache/remote.js');
      await pullCache(cli, nodes, command.optsWithGlobals<ExchangeOptions>());
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
