import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { compared, type Bench } from './support/bench.js';
import { kept } from './support/cache.js';
import { freshWorkspace } from './support/fresh-workspace.js';
import { inTurn, runAll, type Command } from './support/measure.js';
import { commitAll, sourceTrees, type Trees } from './support/trees.js';

/** The versions are fixed, so that a comparison can be made again. */
const TURBO = 'turbo@2.11.11';
const WIREIT = 'wireit@0.14.13';
const PACKAGES = ['libvirt', 'qemu'] as const;

/** Other tools that find nothing to do over the same files: each of the two trees is the input of one task that has run. */
export const peers: Bench = {
  name: 'peers',
  title: 'a run that finds all fresh ÷ turbo, wireit and ninja over the same files',
  async run({ rounds }) {
    const trees = await sourceTrees();
    const monorepo = await kept('monorepo', (folder) => fill(folder, trees));
    const bin = (name: string) => join(monorepo, 'node_modules/.bin', name);
    const env = { PATH: process.env['PATH'], HOME: monorepo, TURBO_TELEMETRY_DISABLED: '1', CI: 'true' };
    const rival = (...argv: string[]): Command => ({ argv, cwd: monorepo, env });
    const workspace = await freshWorkspace(trees, {});
    try {
      const [run, turbo, wireit, ninja] = await inTurn(
        [
          { name: 'crpm', round: () => runAll([workspace.crpm('run')]) },
          { name: 'turbo', round: () => runAll([rival(bin('turbo'), 'run', 'compile')]) },
          { name: 'wireit', round: () => runAll([rival('npm', 'run', 'all')]) },
          { name: 'ninja', round: () => runAll([rival('ninja')]) },
        ],
        Math.min(rounds, 9),
      );
      return [
        compared('all fresh ÷ turbo', run!, turbo!, 0.4),
        compared('all fresh ÷ wireit', run!, wireit!, 0.1),
        compared('all fresh ÷ ninja, which looks at no folder', run!, ninja!),
      ];
    } finally {
      workspace.close();
    }
  },
};

/** Both trees as packages of one repository, as turbo wants them, with a task that does nothing in each. */
async function fill(folder: string, trees: Trees): Promise<void> {
  for (const name of PACKAGES) await execa('cp', ['-r', '--reflink=auto', trees[name], join(folder, name)]);
  for (const name of PACKAGES) rmSync(join(folder, name, '.git'), { recursive: true });
  const write = (file: string, value: unknown) => { writeFileSync(join(folder, file), `${JSON.stringify(value, undefined, 2)}\n`); };
  for (const name of PACKAGES) {
    write(`${name}/package.json`, {
      name, version: '1.0.0', private: true,
      scripts: { compile: 'true', all: 'wireit' },
      wireit: { all: { command: 'true', files: ['**/*'], output: [], packageLocks: [] } },
    });
  }
  write('package.json', {
    name: 'monorepo', private: true, packageManager: `npm@${npmVersion()}`, workspaces: PACKAGES,
    scripts: { all: 'wireit' },
    wireit: { all: { dependencies: PACKAGES.map((name) => `./${name}:all`), packageLocks: [] } },
  });
  write('turbo.json', { tasks: { compile: { inputs: ['**/*'], outputs: [] } } });
  writeFileSync(join(folder, '.gitignore'), 'node_modules/\n.turbo/\n.wireit/\nout/\n.ninja_*\n.npm/\n.cache/\n.config/\n');
  await execa('npm', ['install', '--silent', '--no-audit', '--no-fund', '--save-dev', TURBO, WIREIT], { cwd: folder });
  await commitAll(folder, 'libvirt and QEMU side by side', { keepIgnored: true });
  await writeNinja(folder);
}

function npmVersion(): string {
  return (process.env['npm_config_user_agent'] ?? '').match(/npm\/([\d.]+)/)?.[1] ?? '10.8.2';
}

/** One target for each tree, with every file that git knows as its input. */
async function writeNinja(folder: string): Promise<void> {
  const escape = (path: string) => path.replace(/[$: ]/g, '$$$&');
  mkdirSync(join(folder, 'out'));
  let text = 'rule stamp\n  command = touch $out\n';
  for (const name of PACKAGES) {
    const { stdout } = await execa('git', ['ls-files', '-z', name], { cwd: folder });
    const files = stdout.split('\0').filter((file) => file !== '' && !file.includes('\n'));
    text += `build out/${name}: stamp | ${files.map(escape).join(' ')}\n`;
  }
  writeFileSync(join(folder, 'build.ninja'), text);
}
