#!/usr/bin/env node
/**
 * The entry. Asking for the version should cost what starting Node costs, so nothing is imported before that is answered.
 */
import type { Io } from './io.js';

/** Put in by scripts/build.mjs from package.json. */
declare const __CRPM_VERSION__: string;

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${__CRPM_VERSION__}\n`);
} else {
  const { main } = await import('./program.js');
  const io: Io = { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: process.cwd() };
  await main(argv, io, __CRPM_VERSION__);
}
