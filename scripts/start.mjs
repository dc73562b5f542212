// npm start: from a fresh clone to the verify table of the quickstart, installing what is missing on the way.
import { installDependencies } from './dependencies.mjs';
import { canInstall, install, missing, NEEDED, tellHowToInstall } from './machine.mjs';
import { must, run, say } from './shell.mjs';

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
if (process.exitCode === 0) say('with your own trees: docs/quick-start.md');
