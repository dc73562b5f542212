import type { Event } from '@crpm/core';
import type { VerifyFact } from '@crpm/pipeline';
import { formatDuration, formatFailure, outcomeWord, widthOf } from '@crpm/reporters';
import type { Io } from './io.js';

/** What a node without programs had to tell in a run: why it ran, what it did, what came of it. Ended by a newline, or empty. */
export async function whatItTold(events: readonly Event[], node: string, io: Io): Promise<string> {
  const { formatProof } = await import('@crpm/pipeline');
  const width = widthOf(io.stdout);
  const kinds = new Map(events.flatMap((event) => (event.type === 'run-started' ? event.nodes.map(({ id, kind }) => [id, kind] as const) : [])));
  const lines = events.flatMap((event): readonly string[] => {
    if (!('node' in event) || event.node !== node) return [];
    switch (event.type) {
      case 'node-started':
        return [`it ran: ${event.reason}`];
      case 'node-status':
        return [event.text];
      case 'node-warning':
        return [`warning: ${event.text}`];
      case 'node-finished': {
        const shows = event.outcome === 'failed' ? event.failure?.data : event.outcome === 'ran' && kinds.get(node) === 'verify' ? event.data : undefined;
        const proof = ['verify', 'rpm-deps'].includes(kinds.get(node) ?? '') && shows !== undefined ? formatProof(shows as unknown as VerifyFact, { width }).split('\n') : [];
        return event.failure ? [...formatFailure(event.failure, { node, width }).split('\n'), ...proof] : [`${outcomeWord(event.outcome, event.role)}${event.ms > 0 ? ` in ${formatDuration(event.ms)}` : ''}`, ...proof];
      }
      case 'node-line':
        return [];
    }
  });
  return lines.map((line) => `${line}\n`).join('');
}
