import type { VerifyFact } from '@crpm/pipeline';
import type { RunSummary } from '@crpm/runner';
import type { Io } from './io.js';

/** Prints the verify table of a run that came as far as that. `lead` goes before it. */
export async function printProof(io: Io, summary: RunSummary, lead = ''): Promise<void> {
  const data = summary.nodes.get('verify')?.output?.data;
  if (data === undefined) return;
  const { formatProof } = await import('@crpm/pipeline');
  // Only crpm's own verify node writes it; as JSON has no interfaces, the compiler must be told twice.
  io.stdout.write(`${lead}${formatProof(data as unknown as VerifyFact, io.stdout.isTTY ? io.stdout.columns || undefined : undefined)}\n`);
}
