import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Keys } from '@crpm/reporters';

/**
 * What is typed at the terminal that crpm runs on, key by key and without echo; nothing where it does not run on one, or not in its foreground. Not Node's raw mode, which takes Ctrl-C and Ctrl-Z away
 * from the terminal: these stay what they are, for the whole process group. Whatever ends the process, the terminal is given back as it was.
 */
export function terminalKeys(stdin: NodeJS.ReadStream = process.stdin): Keys | undefined {
  if (!stdin.isTTY || !inForeground()) return undefined;
  const before = stty('-g');
  if (before === undefined || stty('-icanon', '-echo', 'min', '1') === undefined) return undefined;
  let heard: ((typed: string) => void) | undefined;
  const listen = (chunk: Buffer) => heard?.(chunk.toString());
  // Stopped and continued: in the background, reading would only stop it again.
  const onContinue = () => {
    stdin.pause();
    if (!inForeground() || stty('-icanon', '-echo', 'min', '1') === undefined) return;
    stdin.resume();
  };
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    process.off('exit', close).off('SIGCONT', onContinue);
    stdin.off('data', listen).pause();
    if (inForeground()) stty(before);
  };
  process.on('exit', close).on('SIGCONT', onContinue);
  return {
    onType: (hear) => {
      heard = hear;
      stdin.on('data', listen).resume();
    },
    close,
  };
}

/** What stty(1) prints about, or does to, the terminal on stdin; nothing when it can't. */
function stty(...argv: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('stty', argv, { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether the terminal is this process group's; a background job that touches it is stopped. */
function inForeground(): boolean {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8');
    // The second field is the program's name in parentheses and may hold both.
    const [, , group, , , foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    // Another system, where nobody can tell: without keys nothing is lost but them.
    return false;
  }
}
