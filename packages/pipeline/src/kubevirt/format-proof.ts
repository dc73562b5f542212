import type { Proof } from '../proof/index.js';
import type { VerifyFact } from './facts.js';
import { proofTable } from './proof-table.js';

export { proofTable };

/** Packages that moved along, in the table; the mirror of a distribution moves many at once. */
const MOVED_SHOWN = 8;

/** The proof for people: what it rests on, a row for every custom RPM, what is wrong, what else moved. The fact is what `verify` reported; `width` that of the terminal. */
export function formatProof({ proof, stale, absent, allowOfficial }: VerifyFact, width?: number): string {
  return [
    ...proofLines(proof, width),
    ...Object.entries(stale).map(([name, since]) => `${name} was left out of this run; its RPMs are those of ${since}: not proven to be what its tree holds`),
    ...absent.map((name) => `${name} was left out of this run and was never built: KubeVirt keeps its official RPMs`),
    ...(allowOfficial.length > 0 ? [`allowed to stay official: ${allowOfficial.join(', ')}`] : []),
  ].join('\n');
}

/** The same without what only a whole run knows. */
export function proofLines({ holds, standing, resolver, rows, complaints, moved }: Proof, width?: number): readonly string[] {
  return [
    ...proofTable(rows, width),
    ...complaints.map(({ check, message }) => `not proven (${check}): ${message}`),
    ...movedLines(moved),
    `resolver: ${resolver}${standing === 'demonstration' ? ' (stand-in): demonstration, not proof' : ''}`,
    holds ? (standing === 'proof' ? 'proven: KubeVirt takes the build' : 'shown: the example takes the build') : 'NOT PROVEN',
  ];
}

/** Packages that changed as a side effect: a few by name, the rest by number. What is gone from one tree may well be in others, so each says where. */
function movedLines(moved: Proof['moved']): readonly string[] {
  const lines = moved.slice(0, MOVED_SHOWN).map(({ name, before, after, trees }) => `moved along: ${name} ${before.join(', ') || 'new'} → ${after.join(', ') || 'gone'} (${trees.join(' ')})`);
  return moved.length > MOVED_SHOWN ? [...lines, `moved along: ${moved.length - MOVED_SHOWN} more, all in proof.json`] : lines;
}
