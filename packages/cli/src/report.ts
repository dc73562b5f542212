import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, exitCodeOf, FailureError, toFailure } from '@crpm/core';
import { formatFailure, palette, wantsColour, widthOf } from '@crpm/reporters';
import { ComplaintsError } from './complaints.js';
import { complain, type Io } from './io.js';

/** Prints what ended a command before its time, and gives the exit code for it. A bug leaves its stack in a file. */
export function report(thrown: unknown, io: Io): number {
  const colours = palette(wantsColour(io.stderr, io.env));
  if (thrown instanceof ComplaintsError) {
    complain(io, thrown.diagnostics);
    return EXIT.usage;
  }
  const failure = toFailure(thrown);
  if (failure.class === 'bug') {
    const log = writeBugLog(thrown, io.env);
    io.stderr.write(`${formatFailure({ ...failure, lines: failure.lines?.slice(0, 3) ?? [], next: 'This is a bug in crpm: please report it with the log.' }, { log, width: widthOf(io.stderr) }, colours)}\n`);
  } else {
    io.stderr.write(`${formatFailure(failure, { width: widthOf(io.stderr) }, colours)}\n`);
  }
  return exitCodeOf(failure.class);
}

/** The whole stack, causes included, in a file of its own; its path. */
function writeBugLog(thrown: unknown, env: NodeJS.ProcessEnv): string {
  const text = `${new Date().toISOString()} node ${process.version} ${process.platform}\n${stackOf(thrown)}\n`;
  const name = `bug-${Date.now()}-${process.pid}.log`;
  const state = join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'crpm', 'bugs');
  for (const folder of [state, tmpdir()]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, name), text, { mode: 0o600, flag: 'wx' });
      return join(folder, name);
    } catch {
      // A full or read-only disk: the next folder, then none.
    }
  }
  return '(it could not be written)';
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown instanceof FailureError ? [thrown.stack, ...(thrown.failure.lines ?? [])].join('\n') : (thrown.stack ?? thrown.message);
  return thrown.cause === undefined ? own : `${own}\ncaused by: ${stackOf(thrown.cause)}`;
}
