import { Argument, Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { candidates } from '../src/completion/candidates.js';

const offers = {
  nodes: () => Promise.resolve(['libvirt.rpmbuild', 'libvirt.source', 'serve']),
  packages: () => Promise.resolve(['libvirt', 'qemu']),
  faces: () => Promise.resolve(['html', 'plain']),
  runs: () => Promise.resolve(['20260822T101500.123Z-4f1c2a', 'latest']),
};

function program(): Command {
  const run = new Command('run')
    .argument('[nodes...]')
    .option('--only <node>', '')
    .option('--skip <package>', '')
    .option('--json', '')
    .option('--reporter <face>', '')
    .addOption(new Option('-p, --profile <profile>', '').choices(['dev', 'full']));
  const schema = new Command('schema').addArgument(new Argument('[what]').choices(['config', 'plan']));
  const source = new Command('source').addCommand(new Command('export').argument('<run>').argument('<package>'));
  return new Command('crpm').option('-C <dir>').option('--config <file>').addCommand(run).addCommand(schema).addCommand(source).addCommand(new Command('complete'), { hidden: true });
}

test.each([
  ['', ['run', 'schema', 'source']],
  ['s', ['schema', 'source']],
  ['run li', ['libvirt.rpmbuild', 'libvirt.source']],
  ['run serve ', ['libvirt.rpmbuild', 'libvirt.source', 'serve']],
  ['run --only s', ['serve']],
  ['run --only serve --sk', ['--skip']],
  ['run --skip q', ['qemu']],
  ['run --skip=q', ['--skip=qemu']],
  ['run -p ', ['dev', 'full']],
  ['run --profile=f', ['--profile=full']],
  ['run --json --conf', ['--config']],
  ['-C somewhere run s', ['serve']],
  ['schema p', ['plan']],
  ['source e', ['export']],
  ['source export ', ['20260822T101500.123Z-4f1c2a', 'latest']],
  ['run --reporter h', ['html']],
  ['source export latest ', ['libvirt', 'qemu']],
  ['--config ', []],
  ['nothing like it', []],
])('crpm %s', async (line, expected) => {
  expect(await candidates(program(), line.split(' '), offers)).toEqual(expected);
});

test('the config is not looked at where nothing of it is wanted', async () => {
  const never = () => Promise.reject(new Error('asked'));
  expect(await candidates(program(), ['run', '--pro'], { nodes: never, packages: never, faces: never, runs: never })).toEqual(['--profile']);
});
