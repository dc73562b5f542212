import { Command } from 'commander';
import { EXIT, type Diagnostic } from '@crpm/core';
import { count } from '@crpm/reporters';
import { ComplaintsError } from '../complaints.js';
import { examples } from '../help.js';
import { printJson, tell, type Cli, type GlobalOptions } from '../io.js';
import { openProject, requireTrees, type Project } from '../project.js';

interface ValidateOptions extends GlobalOptions {
  readonly json?: boolean;
}

export function validateCommand(cli: Cli): Command {
  return new Command('validate')
    .description('check the config and the trees it names; executes nothing of them')
    .option('--json', 'as JSON: every complaint with its file, line and column')
    .addHelpText('after', examples(['crpm validate', 'crpm validate --json', 'crpm --config other.yaml validate']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ValidateOptions>();
      if (options.json) return validateAsJson(cli, options);
      const { config, graph } = await valid(cli, options);
      const names = config.packages.map((pkg) => pkg.name).join(', ');
      tell(cli.io.stdout, `${config.file ?? 'the config from the environment'}: valid; ${count(config.packages.length, 'package')}${names && ` (${names})`}, ${count(graph.nodes.size, 'node')}`);
    });
}

async function valid(cli: Cli, options: GlobalOptions): Promise<Project> {
  const project = await openProject(cli, options);
  await requireTrees(project);
  return project;
}

async function validateAsJson(cli: Cli, options: GlobalOptions): Promise<void> {
  try {
    const { config, graph, warnings } = await valid(cli, options);
    printJson(cli.io, { valid: true, ...(config.file === undefined ? {} : { file: config.file }), packages: config.packages.map(({ name }) => name), nodes: [...graph.nodes.keys()], complaints: warnings.map(asJson) });
  } catch (error) {
    if (!(error instanceof ComplaintsError)) throw error;
    printJson(cli.io, { valid: false, complaints: error.diagnostics.map(asJson) });
    cli.code = EXIT.usage;
  }
}

function asJson({ severity, message, location }: Diagnostic) {
  return { severity, message, ...(location === undefined ? {} : { file: location.file, line: location.line, column: location.column, length: location.length }) };
}
