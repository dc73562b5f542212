import { Command } from 'commander';
import { formatTable, widthOf } from '@crpm/reporters';
import { refuse } from '../complaints.js';
import { examples } from '../help.js';
import { tell, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { withWorkspace } from '../workspace.js';

interface UpdateOptions extends GlobalOptions {
  readonly wait?: boolean;
}

export function updateCommand(cli: Cli): Command {
  return new Command('update')
    .description('move what custom-rpms.lock.yaml pins (branches, tags, addresses) to what they stand for now')
    .argument('[packages...]', 'only what these sources name; default: all')
    .option('--wait', 'wait until another command in this workspace has ended')
    .addHelpText('after', examples(['crpm update', 'crpm update qemu']))
    .action(async (packages: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<UpdateOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const { config } = project;
      const names = config.packages.map(({ name }) => name);
      for (const name of packages) if (!names.includes(name)) refuse(`there is no source ${name}; the sources are: ${names.join(', ')}`);
      const { lockFileOf, movingOf, pinnedTo, resolveNow } = await import('@crpm/pipeline');
      const all = movingOf(config);
      const wanted = all.filter((moving) => packages.length === 0 || packages.includes(moving.package));
      if (wanted.length === 0) {
        tell(cli.io.stdout, 'nothing here is pinned: sources and specs are folders, files, commits, or have their sha256 in the config');
        return;
      }
      await withWorkspace(cli, workspace, { command: ['crpm update', ...packages].join(' '), wait: options.wait === true }, async ({ signal }) => {
        const { changeLockFile, withPins } = await import('@crpm/sources');
        const rows: string[][] = [];
        const git: { url: string; ref: string; commit: string }[] = [];
        const files: { url: string; sha256: string }[] = [];
        for (const moving of wanted) {
          const now = await resolveNow(moving, workspace.cache, signal);
          if (moving.kind === 'git') git.push({ url: moving.url, ref: moving.ref, commit: now });
          else files.push({ url: moving.url, sha256: now });
        }
        const found = { git, files };
        await changeLockFile(lockFileOf(config), (before) => {
          for (const moving of wanted) rows.push([moving.package, moving.kind === 'git' ? `${moving.url} ${moving.ref}` : moving.url, change(pinnedTo(before, moving), pinnedTo(found, moving) ?? '')]);
          const changed = wanted.some((moving) => pinnedTo(before, moving) !== pinnedTo(found, moving));
          return changed ? withPins(before, found) : before;
        });
        cli.io.stdout.write(`${formatTable(rows, widthOf(cli.io.stdout))}\n`);
      });
    });
}

/** Of a commit or sha256, as much as people compare. */
const SHOWN = 12;

function change(before: string | undefined, now: string): string {
  if (before === undefined) return `pinned to ${now.slice(0, SHOWN)}`;
  return before === now ? `${now.slice(0, SHOWN)}, as before` : `${before.slice(0, SHOWN)} → ${now.slice(0, SHOWN)}`;
}
