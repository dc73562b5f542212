// npm test: everything that shows that crpm works, in one go; `--real` runs the big project instead. Ends with a line of totals.
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDependencies } from './dependencies.mjs';
import { canInstall, install, isRoot, missing, NEEDED, tellHowToInstall } from './machine.mjs';
import { must, run, say } from './shell.mjs';

const real = process.argv.includes('--real');
const totals = { passed: 0, failed: 0, skipped: 0 };

await prepareMachine();
await installDependencies();
say('generating and building');
await must([process.execPath, 'scripts/generate.mjs']);
await must([process.execPath, 'scripts/build.mjs']);
const reports = await mkdtemp(join(tmpdir(), 'crpm-reports-'));
try {
  if (real) {
    await project('real');
  } else {
    await check('lint', ['eslint', '.']);
    await check('typecheck', ['tsc', '--noEmit']);
    await check('typecheck of the page', ['tsc', '--noEmit', '-p', 'packages/report/src/browser']);
    await project('unit');
    await project('integration');
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exitCode = totals.failed > 0 ? 1 : 0;

/** Installs what the tests need, or says loudly which of them will be skipped. */
async function prepareMachine() {
  const lacking = missing(NEEDED.test);
  if (lacking.length > 0 && canInstall()) await install(lacking);
  const still = missing(NEEDED.test);
  if (still.length > 0) {
    tellHowToInstall(still);
    loud(`without these programs, the tests that need them are SKIPPED: ${still.map(({ there }) => there).join(', ')}`);
  }
  if (!isRoot()) loud('without root no private Docker daemon can be started: the tests that need an engine are SKIPPED');
}

/** A check that has no tests of its own: it shows in the totals only when it fails. */
async function check(name, argv) {
  say(name);
  const code = await run([process.execPath, npmProgram(argv[0]), ...argv.slice(1)]);
  if (code !== 0) totals.failed++;
}

/** Runs one project of vitest and adds up what its JSON report says. */
async function project(name) {
  say(`${name} tests`);
  const file = join(reports, `${name}.json`);
  const code = await run([process.execPath, npmProgram('vitest'), 'run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
  const before = totals.failed;
  addReport(file);
  // A crash, an unhandled rejection, a set-up that failed: no test failed, and yet it did not go well.
  if (code !== 0 && totals.failed === before) totals.failed++;
}

function addReport(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return;
  }
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests;
  totals.skipped += report.numPendingTests + report.numTodoTests;
  // A file that could not even be loaded has no tests that could have failed.
  totals.failed += report.testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed')).length;
}

function npmProgram(name) {
  return { eslint: 'node_modules/eslint/bin/eslint.js', tsc: 'node_modules/typescript/bin/tsc', vitest: 'node_modules/vitest/vitest.mjs' }[name];
}

function loud(text) {
  const line = '!'.repeat(78);
  process.stderr.write(`\n${line}\n!! ${text}\n${line}\n`);
}
