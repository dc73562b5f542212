// npm start: from a fresh clone to the verify table of the quickstart, installing what is missing on the way.
import { spawnSync } from 'node:child_process';
import { installDependencies } from './dependencies.mjs';
import { canInstall, install, missing, NEEDED, tellHowToInstall } from './machine.mjs';
import { must, root, run, say } from './shell.mjs';

const crpm = [process.execPath, 'packages/cli/bin/crpm.js'];
const lacking = missing(NEEDED.build);
if (lacking.length > 0) {
  if (!canInstall()) {
    tellHowToInstall(lacking);
    process.exit(3);
  }
  await install(lacking);
}
await installDependencies();
say('building crpm');
await must([process.execPath, 'scripts/generate.mjs']);
await must([process.execPath, 'scripts/build.mjs']);
say('crpm run, with custom-rpms.config.yaml of this repository');
process.exitCode = await run([...crpm, 'run', ...process.argv.slice(2)]);
if (process.exitCode === 0) tellWhatIsLeft();

/** A run leaves a server, and two tracked files changed: nobody should have to find that out, or how to undo it. */
function tellWhatIsLeft() {
  const [program, ...args] = crpm;
  const { status, stdout } = spawnSync(program, [...args, 'serve', '--status', '--json'], { cwd: root, encoding: 'utf8' });
  const { running, baseUrl } = status === 0 ? JSON.parse(stdout) : {};
  if (!running) return;
  say(`left running: the repository server at ${baseUrl}`);
  process.stdout.write('  changed: WORKSPACE and rpm/BUILD.bazel in examples/quickstart/kubevirt\n  to undo both: npx crpm revert && npx crpm serve --stop\n  with your own trees: docs/quick-start.md\n');
}
