import { spawn } from 'node:child_process';
import { fail } from '@crpm/core';

/** Programs that show an address in the user's browser; the first that is there does. */
const OPENERS = [['xdg-open'], ['gio', 'open'], ['wslview'], ['open']] as const;

/** Hands an address to the user's browser and does not wait for it. Fails (class `environment`) where nothing can show one. */
export async function openInBrowser(address: string): Promise<void> {
  for (const [program, ...args] of OPENERS) if (await starts(program, [...args, address])) return;
  fail({ class: 'environment', message: `there is no program that could show ${address}: none of ${OPENERS.map(([program]) => program).join(', ')} is here`, next: 'Open it in a browser yourself.' });
}

function starts(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    child.once('error', () => { resolve(false); });
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
