import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { guard, type Guard } from '@crpm/engines/guard';
import type { Terminal } from '@crpm/reporters';
import { beforeSuspend, suspend } from './suspend.js';

const CTRL_Z = '\u001a';
/** What is left to do for a killed process: the screen as it was, and the settings, unless somebody set them otherwise by now (a shell that edits its line). */
const RESTORE = 'printf %s "$1"; [ -z "$2" ] || [ "$(stty -g <&3)" != "$3" ] || stty "$2" <&3';
const [STDIN, STDOUT] = [0, 1] as const;
/** What kill(2) takes for the process group of the caller. */
const GROUP = 0;

/**
 * The terminal that crpm runs on, for a view that has all of it. It is taken only while this process is in its foreground, and given back as it was, whatever stops or
 * ends the process. What is typed comes key by key and without echo; not by Node's raw mode, which takes Ctrl-C away from the terminal: that stays what it is, for the
 * whole process group. So does Ctrl-Z, but crpm hears of it first: a shell that waits for a parent of this process (npx, make) would have the terminal before it was given back.
 */
export function openTerminal(stdin: NodeJS.ReadStream = process.stdin): Terminal {
  let had = false;
  let settings: Settings | undefined;
  let closed = false;
  let leave = () => {};
  let undo = '';
  let guarded: Guard | undefined;
  let heard = (_typed: string) => {};
  const listen = (chunk: Buffer) => {
    const typed = chunk.toString();
    heard(typed.replaceAll(CTRL_Z, ''));
    if (typed.includes(CTRL_Z)) suspend(GROUP);
  };

  const lose = () => {
    // Reading in the background would stop the process.
    if (settings !== undefined) stdin.off('data', listen).pause();
    guarded?.release();
    guarded = undefined;
    had = false;
  };
  const take = () => {
    if (closed || inForeground() === false) {
      lose();
      return 'gone';
    }
    if (had) return 'still';
    had = true;
    settings = takeKeys(stdin, settings);
    if (settings !== undefined) stdin.on('data', listen).resume();
    guarded = guard(RESTORE, [undo, settings?.before ?? '', settings?.since ?? ''], [STDOUT, STDIN]);
    // Nobody tells a process that is not in the foreground of another size; Node asks for it when it gets this signal.
    process.kill(process.pid, 'SIGWINCH');
    return 'anew';
  };
  const give = () => {
    leave();
    lose();
    if (settings !== undefined && inForeground() === true) stty(settings.before);
  };
  const quit = () => {
    give();
    // Without a listener the signal does what it always does.
    process.off('SIGQUIT', quit).kill(process.pid, 'SIGQUIT');
  };
  // Whoever had the terminal meanwhile may have drawn there and set it otherwise, also when the process was stopped by a signal that nobody hears: then it is taken anew.
  process.on('exit', give).on('SIGQUIT', quit).on('SIGCONT', lose);
  const deaf = beforeSuspend(give);
  return {
    take,
    get typing() {
      return settings !== undefined;
    },
    onLeave: (listener, text) => {
      leave = listener;
      undo = text;
    },
    onType: (listener) => (heard = listener),
    close: () => {
      if (closed) return;
      give();
      closed = true;
      deaf();
      process.off('exit', give).off('SIGQUIT', quit).off('SIGCONT', lose);
    },
  };
}

/** What stty(1) says of the terminal: before it was taken, and since. */
interface Settings {
  readonly before: string;
  readonly since: string;
}

/** Nothing where nobody can type. `last`: of the time before; where the terminal still is as it was set then, what was before that counts. */
function takeKeys(stdin: NodeJS.ReadStream, last: Settings | undefined): Settings | undefined {
  if (!stdin.isTTY || inForeground() !== true) return undefined;
  const now = stty('-g');
  if (now === undefined || now === last?.since) return last;
  stty('-icanon', '-echo', 'min', '1', 'susp', 'undef');
  const since = stty('-g');
  return since === undefined ? undefined : { before: now, since };
}

/** What stty(1) prints about, or does to, the terminal on stdin; nothing when it can't. */
function stty(...argv: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('stty', argv, { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether the terminal is this process group's; a background job that touches it is stopped. Nothing where nobody can tell: on another system, or of a terminal that controls no process. */
function inForeground(): boolean | undefined {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8');
    // The second field is the program's name in parentheses and may hold both.
    const [, , group, , , foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return foreground === '-1' ? undefined : group === foreground;
  } catch {
    return undefined;
  }
}
