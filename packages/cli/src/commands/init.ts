import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { atHand, EXIT, formatDiagnostic } from '@crpm/core';
import { ComplaintsError, refuse } from '../complaints.js';
import { examples } from '../help.js';
import { tell, warn, type Cli, type GlobalOptions } from '../io.js';
import { openProject, requireTrees, workingDirectory, type Project } from '../project.js';
import { ONLY_WAITS, stoppable } from '../signals.js';

const FILE = 'custom-rpms.config.yaml';
const NEXT = 'next: crpm doctor   looks whether all is there that a run needs\n      crpm plan     says what would run, and why\n      crpm run      runs it\n';

interface InitOptions extends GlobalOptions {
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function initCommand(cli: Cli): Command {
  return new Command('init')
    .description('look around (KubeVirt, QEMU, libvirt, dist-git folders, the variables of the bash script) and write a config')
    .option('-y, --yes', 'ask nothing: what can’t be seen gets its default')
    .option('--force', 'write over a config that is there')
    .addHelpText('after', examples(['crpm init', 'crpm init --yes', 'LIBVIRT_DIR=~/src/libvirt crpm init']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>();
      if (options.config !== undefined) refuse(`--config has no use here: the config is written as ${FILE} beside KubeVirt, or into the folder that -C names`);
      const cwd = workingDirectory(cli, options);
      const [{ packageNames, loadSchema }, { lookAround }, { ENGINES, missesEngine, whatHostMakes, withoutAsking }, { configText }, { linkCrpm, locateWorkspace, writeFileAtomic }] = await Promise.all([
        import('@crpm/config'),
        import('../init/surroundings.js'),
        import('../init/base-system.js'),
        import('../init/config-text.js'),
        import('@crpm/state'),
      ]);
      const seen = lookAround({ cwd, env: cli.io.env, known: packageNames() });
      const file = join(seen.root, FILE);
      if (existsSync(file) && !options.force) refuse(`${file} is there already; crpm validate checks it, crpm init --force writes it anew`);

      await stoppable(cli, async ({ signal }) => {
        const asks = !options.yes && cli.io.stdout.isTTY === true && process.stdin.isTTY;
        const lacks = await missesEngine(cli.io, seen.stream, signal);
        const { trees, basesystem } = asks ? await (await import('../init/ask.js')).askForRest(seen, lacks, cwd, signal) : { trees: seen.trees, basesystem: withoutAsking(seen.stream) };
        if (signal.aborted) return;
        if (trees.length === 0) refuse('there is no tree to build: neither qemu nor libvirt, here or beside, is one; name them with QEMU_DIR and LIBVIRT_DIR, or write the config yourself');
        const workspace = locateWorkspace({ root: seen.root, env: cli.io.env });
        writeFileAtomic(file, configText({ ...seen, trees, basesystem, schema: './.crpm/config.schema.json' }));
        for (const warning of linkCrpm(seen.root, workspace)) warn(cli.io, warning);
        writeFileAtomic(join(workspace.state, 'config.schema.json'), JSON.stringify(await loadSchema()));
        // What was written is read as every command will read it; a complaint ends this one as it would end them.
        const project = await openProject(cli, { C: seen.root });
        const { config } = project;
        const built = config.packages.map(({ name, dir }) => `${name} from ${dir === undefined ? 'elsewhere' : relative(cwd, dir) || '.'}`);
        tell(cli.io.stdout, `wrote ${relative(cwd, file) || file}: ${built.join(', ')}${config.kubevirt ? `, for ${relative(cwd, config.kubevirt.dir) || 'this KubeVirt'}` : '. Here is no KubeVirt tree, so nothing will be proven (kubevirt: false)'}`);
        if (lacks && !asks) warn(cli.io, `no container engine answers (${ENGINES}), and ${basesystem.name} is built in one: start one before crpm run; crpm doctor says how. ${whatHostMakes(lacks).replace(/^host/, 'basesystem: host')}`);
        for (const complaint of await complaintsAboutTrees(project)) tell(cli.io.stderr, `to be mended before it can run: ${complaint}`);
        cli.io.stdout.write(atHand(NEXT));
        cli.code = EXIT.ok;
      }, ONLY_WAITS);
    });
}

async function complaintsAboutTrees(project: Project): Promise<readonly string[]> {
  try {
    await requireTrees(project);
    return [];
  } catch (error) {
    if (error instanceof ComplaintsError) return error.diagnostics.map(formatDiagnostic);
    throw error;
  }
}
