import { wrap } from '@crpm/core';
import type { Proof } from '../proof/index.js';
import type { VerifyFact } from './facts.js';
import { proofTable, type TableOptions } from './proof-table.js';

/** Packages that moved along, in the table; the mirror of a distribution moves many at once. */
const MOVED_SHOWN = 8;
/** Further complaints that stand below a failure; there is room for ten lines. */
const COMPLAINTS_SHOWN = 9;

export interface ProofWords extends TableOptions {
  /** Where the files of the RPMs are, as a shell finds them. */
  readonly files?: string | undefined;
  /** Why what was built is not what the sources give now; empty: it is, as far as anybody looked. */
  readonly older?: string;
}

/**
 * The proof for people: what it rests on, a row for every custom RPM, what else moved, and in the last line whether it holds. What is wrong is told by the failure beside it. The fact is what `verify` reported,
 * or failed with.
 */
export function formatProof({ proof, stale, absent, allowOfficial, ofEarlierBuild }: VerifyFact, { width, isNew, files, older = '' }: ProofWords = {}): string {
  const { holds, standing, resolver, rows, moved } = proof;
  // Where nothing was taken, or the tree has yet to get what was built, each row would only say so again.
  const isWorthATable = holds || (!ofEarlierBuild && rows.some(({ verdict }) => verdict === 'taken'));
  const prose = [
    ...(isWorthATable ? movedLines(moved) : []),
    ...(files === undefined ? [] : [`RPM files: ${files}`]),
    `resolver: ${resolver}${standing === 'demonstration' ? ' (stand-in): demonstration, not proof' : ''}`,
    ...Object.entries(stale).map(([name, since]) => `${name} was left out of this run; its RPMs are those of ${since}: not proven to be what its tree holds`),
    ...absent.map((name) => `${name} was left out of this run and was never built: KubeVirt keeps its official RPMs`),
    ...(allowOfficial.length > 0 ? [`allowed to stay official: ${allowOfficial.join(', ')}`] : []),
    holds ? `${verdictOf(proof)}${older === '' ? '' : `, which is older than its sources: ${older}; crpm run builds it anew`}` : 'NOT PROVEN',
  ];
  return [...(isWorthATable ? proofTable(rows, { width, isNew }) : []), ...prose.map((line) => wrap(line, { width, first: 0, indent: 2 }))].join('\n');
}

/** Of a proof that holds. */
export function verdictOf({ standing }: Pick<Proof, 'standing'>): string {
  return standing === 'proof' ? 'proven: KubeVirt takes the build' : 'shown: the example takes the build';
}

/** What is wrong beside the first complaint, which the failure itself names. */
export function furtherComplaints({ complaints }: Proof): readonly string[] {
  const further = complaints.slice(1).map(({ message }) => message);
  const more = further.length - COMPLAINTS_SHOWN;
  return more > 0 ? [...further.slice(0, COMPLAINTS_SHOWN), `and ${String(more)} more`] : further;
}

/** Packages that changed as a side effect: a few by name, the rest by number. What is gone from one tree may well be in others, so each says where. */
function movedLines(moved: Proof['moved']): readonly string[] {
  const lines = moved.slice(0, MOVED_SHOWN).map(({ name, before, after, trees }) => `moved along: ${name} ${before.join(', ') || 'new'} → ${after.join(', ') || 'gone'} (${trees.join(' ')})`);
  return moved.length > MOVED_SHOWN ? [...lines, `moved along: ${moved.length - MOVED_SHOWN} more, all in proof.json`] : lines;
}
