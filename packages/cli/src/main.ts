#!/usr/bin/env node
/**
 * The entry. Asking for the version should cost what starting Node costs, so nothing is loaded before that is answered. Bundled as CommonJS, which
 * Node starts faster.
 */
import { fstatSync } from 'node:fs';
import { startLooks } from '@crpm/sources/scan/glance/early';
import type { Io } from './io.js';
import type * as Program from './program.js';

/** Put in by scripts/build.mjs from package.json. */
declare const __CRPM_VERSION__: string;

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${__CRPM_VERSION__}\n`);
} else {
  void start();
}

async function start(): Promise<void> {
  const look = argv[0] === 'run' || argv[0] === 'plan' ? startLooks(process.cwd()) : undefined;
  const [{ loadProgram }, { homedir }, { join }] = await Promise.all([import('./load-program.js'), import('node:os'), import('node:path')]);
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  // What a run needs compiled is not what others need.
  const folder = join(cache, 'crpm', 'startup', argv[0] === 'run' ? 'run' : 'other');
  const { main } = loadProgram(join(__dirname, 'program.js'), folder) as typeof Program;
  const io: Io = { stdout: process.stdout, stderr: sameFile(1, 2) ? process.stdout : process.stderr, env: process.env, cwd: process.cwd(), ...(look && { look }) };
  await main(argv, io, __CRPM_VERSION__);
}

/** Whether two open files are one (`2>&1`). Where that is a pipe which somebody reads slowly, each stream keeps what it can't write yet, and the one could overtake the other. */
function sameFile(one: number, other: number): boolean {
  try {
    const [a, b] = [fstatSync(one), fstatSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}
