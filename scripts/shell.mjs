// Running programs and speaking to people, for the scripts beside this file. Plain Node: it works before anything is installed.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** One line of the script's own, set apart from what programs print. */
export function say(text) {
  process.stdout.write(`\n▸ ${text}\n`);
}

/** Runs a program to its end with this terminal; resolves to its exit code (128 + signal number if a signal ended it). */
export function run(argv, { env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const [program, ...args] = argv;
    const child = spawn(program, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
    // Ctrl-C reaches the child as well; this process waits for how the child takes it, and passes on what came to it alone.
    const ignore = () => {};
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', ignore).on('SIGTERM', pass).on('SIGHUP', pass);
    const done = () => process.off('SIGINT', ignore).off('SIGTERM', pass).off('SIGHUP', pass);
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      done();
      resolve(code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0));
    });
  });
}

/** Runs a program that must succeed; ends the script with its exit code if it does not. */
export async function must(argv, options) {
  const code = await run(argv, options);
  if (code === 0) return;
  process.stderr.write(`\n${argv.join(' ')} ended with exit code ${code}\n`);
  process.exit(code);
}

/** Whether a program is on PATH, or in the folders of system programs that PATH of a plain user may lack. */
export function onPath(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

export function exists(path) {
  return existsSync(path);
}
