import { Command } from 'commander';
import { EXIT, wrap } from '@crpm/core';
import { palette, wantsColour, widthOf } from '@crpm/reporters';
import { engineOption, examples, type Overrides } from '../help.js';
import { printJson, type Cli, type GlobalOptions } from '../io.js';
import { stoppable } from '../signals.js';

interface DoctorOptions extends GlobalOptions, Pick<Overrides, 'engine'> {
  readonly json?: boolean;
}

export function doctorCommand(cli: Cli): Command {
  return new Command('doctor')
    .description('look whether this machine and this config have what a run needs; changes nothing')
    .option('--json', 'as JSON')
    .addOption(engineOption())
    .addHelpText('after', examples(['crpm doctor', 'crpm doctor --engine kubernetes']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DoctorOptions>();
      await stoppable(cli, async (stop) => {
        const { examine } = await import('../doctor/examine.js');
        const findings = await examine(cli, options, stop);
        if (options.json) printJson(cli.io, { findings });
        const colours = palette(wantsColour(cli.io.stdout, cli.io.env));
        const width = widthOf(cli.io.stdout);
        const prose = (text: string, first: number) => text.split('\n').map((line, index) => wrap(line, { width, first: index === 0 ? first : 8, indent: 8 })).join('\n        ');
        for (const { state, what, detail, next } of options.json ? [] : findings) {
          const mark = { ok: colours.good('ok     '), warning: colours.caution('warning'), error: colours.bad('error  ') }[state];
          cli.io.stdout.write(`${mark} ${prose(`${what}: ${detail}`, 8)}\n${next === undefined ? '' : `        next: ${prose(next, 14)}\n`}`);
        }
        const faults = findings.filter(({ state }) => state === 'error').map(({ what }) => what);
        // A config or a tree is mended by whoever wrote the config, as in every other command.
        if (faults.length > 0) cli.code = faults.some((what) => what === 'config' || what === 'trees') ? EXIT.usage : EXIT.environment;
      });
    });
}
