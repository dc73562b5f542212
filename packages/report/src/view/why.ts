import type { NodeRecord, RunRecord } from '../run-record.js';

/** Why a node ran, or did not: each reason a line. */
export function whyOf(record: RunRecord, node: NodeRecord): readonly string[] {
  const { state, role, reason, reasons } = node;
  if (reason !== undefined) return reasons ?? [reason];
  if (role !== undefined) return leftOut(node);
  switch (state) {
    case 'fresh':
      return ['nothing it depends on changed: its last result holds'];
    case 'restored':
      return ['a result for these very inputs was in the store'];
    case 'waiting':
      return waitsFor(record, node);
    case 'not-run':
    case 'cancelled':
      return [notReached(record, node)];
    case 'ran':
    case 'failed':
    case 'running':
    case 'unknown':
      return [];
  }
}

function leftOut({ state, role, asOf, stale }: NodeRecord): readonly string[] {
  const option = role === 'skipped' ? '--skip' : '--only';
  if (state !== 'fresh') return [`left out by ${option}; there is no result to stand in`];
  return [`left out by ${option}: its result${asOf === undefined ? '' : ` of ${asOf}`} was used as it stands`, ...(stale === undefined ? [] : [`that is stale: ${stale}`])];
}

function waitsFor(record: RunRecord, { needs }: NodeRecord): readonly string[] {
  const open = needs.filter((need) => ['waiting', 'running'].includes(record.node(need)?.state ?? ''));
  return [record.ended ? 'its turn never came' : open.length > 0 ? `waits for ${open.join(', ')}` : 'waits for its turn'];
}

/** By the nearest of what it rests on that did not come to a result. */
function notReached(record: RunRecord, node: NodeRecord): string {
  const seen = new Map([[node.id, node]]);
  for (const { needs } of seen.values()) {
    for (const need of needs) {
      const one = record.node(need);
      if (!one || seen.has(need)) continue;
      if (one.state === 'failed') return `it rests on ${need}, which failed`;
      if (one.state === 'cancelled') return `it rests on ${need}, which was stopped`;
      seen.set(need, one);
    }
  }
  return 'the run was stopped before its turn';
}
