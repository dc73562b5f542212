import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { FailureError } from '@crpm/core';

/** Programs that show an address in the user's browser; the first that is there and does not give up at once does. */
const OPENERS = [['xdg-open'], ['gio', 'open'], ['wslview'], ['open']] as const;
/** One that finds no browser gives up within this many milliseconds; one that is still there by then is the browser itself. */
const PATIENCE = 3000;

/** Hands an address to the user's browser. A failure (class `environment`) where nothing can show one. */
export async function openInBrowser(address: string): Promise<FailureError | undefined> {
  const tried: string[] = [];
  for (const [program, ...args] of OPENERS) {
    const end = await start(program, [...args, address]);
    if (end === 'shown') return undefined;
    if (end !== 'absent') tried.push(end);
  }
  const why = tried.length > 0 ? `: ${tried.join(', ')}` : `: none of ${OPENERS.map(([program]) => program).join(', ')} is here`;
  const next = address.startsWith('file:') ? 'The page is written, and is one file that needs nothing else: open it yourself, or copy it to where a browser is.' : 'Open it in a browser yourself.';
  return new FailureError({ class: 'environment', message: `no browser was found that could show ${address}${why}`, next });
}

/** How a program took it; in words where it gave up. */
async function start(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  const over = new AbortController();
  const ended = new Promise<string>((resolve) => {
    child.once('error', () => { resolve('absent'); });
    child.once('exit', (code) => { resolve(code === 0 ? 'shown' : `${program} ended with ${code === null ? 'a signal' : String(code)}`); });
  });
  const end = await Promise.race([ended, delay(PATIENCE, 'shown', { signal: over.signal })]);
  over.abort();
  child.unref();
  return end;
}
