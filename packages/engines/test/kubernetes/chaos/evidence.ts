import { appendFileSync } from 'node:fs';
import { FailureError, type Failure } from '@crpm/core';
import { expect, it } from 'vitest';
import type { Chaos } from './rig.js';

/** How often each fault is made. */
const ROUNDS = Number(process.env['CRPM_CHAOS_ROUNDS'] ?? '1');
/** Gets one line for each, what the cluster showed and how it ended. */
const LOG = process.env['CRPM_CHAOS_LOG'];

/** What the cluster itself showed of a fault: uids, pids, reasons, events. */
export type Seen = Record<string, unknown>;

/** A fault: `make` makes it, writes down how the cluster shows it, and says how it ended. Afterwards nothing of it may be left in the cluster. */
export function fault(chaos: Chaos, name: string, make: (seen: Seen) => Promise<string>): void {
  for (let round = 1; round <= ROUNDS; round++) {
    it(ROUNDS === 1 ? name : `${name} (round ${round})`, async () => {
      const seen: Seen = {};
      const began = Date.now();
      let outcome = 'not as it should be';
      try {
        outcome = await make(seen);
        await chaos.close();
        await expect.poll(() => chaos.leftovers(), { timeout: 120_000, interval: 500 }).toEqual([]);
      } catch (error) {
        outcome = `NOT AS IT SHOULD BE: ${(error as Error).message}`;
        await chaos.close().catch(() => undefined);
        throw error;
      } finally {
        if (LOG !== undefined) appendFileSync(LOG, `${JSON.stringify({ item: name, round, seconds: Math.round((Date.now() - began) / 1000), seen, outcome })}\n`);
      }
    });
  }
}

/** The failure that a program in the cluster ends with: of the environment, and it says what to do. */
export async function failureSaying(ended: Promise<unknown>, message: RegExp, next: RegExp): Promise<string> {
  const thrown: unknown = await ended.then((value) => value, (error: unknown) => error);
  if (!(thrown instanceof FailureError)) throw new Error(`it did not fail as it should: ${JSON.stringify(thrown) ?? String(thrown)}`, { cause: thrown });
  const { failure } = thrown as { failure: Failure };
  expect(failure).toMatchObject({ class: 'environment', message: expect.stringMatching(message), next: expect.stringMatching(next) });
  return `failure: ${failure.message} → ${failure.next}`;
}
