import { Command, Option } from 'commander';
import { examples } from '../help.js';
import { printJson, type Cli, type GlobalOptions } from '../io.js';
import { openProject } from '../project.js';
import { graphAsDot, graphAsJson, graphAsMermaid, graphAsText } from '../graph-formats.js';

interface GraphOptions extends GlobalOptions {
  readonly format: 'text' | 'json' | 'dot' | 'mermaid' | 'svg' | 'html';
}

export function graphCommand(cli: Cli): Command {
  return new Command('graph')
    .description('print the nodes and what each needs; as svg and html a picture, with how each fared')
    .addOption(new Option('--format <format>', 'how').choices(['text', 'json', 'dot', 'mermaid', 'svg', 'html']).default('text'))
    .addHelpText('after', examples(['crpm graph', 'crpm graph --format html > graph.html', 'crpm graph --format mermaid           for Markdown on GitHub', 'crpm graph --format dot | dot -Tpdf > graph.pdf']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GraphOptions>();
      if (options.format === 'svg' || options.format === 'html') {
        const { drawGraph } = await import('../graph-picture.js');
        cli.io.stdout.write(await drawGraph(cli, options, options.format));
        return;
      }
      const { graph } = await openProject(cli, options);
      switch (options.format) {
        case 'text':
          cli.io.stdout.write(graphAsText(graph));
          return;
        case 'json':
          printJson(cli.io, graphAsJson(graph));
          return;
        case 'dot':
          cli.io.stdout.write(graphAsDot(graph));
          return;
        case 'mermaid':
          cli.io.stdout.write(graphAsMermaid(graph));
          return;
      }
    });
}
