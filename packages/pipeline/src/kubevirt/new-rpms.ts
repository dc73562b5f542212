import { formatEvr } from '@crpm/rpm';
import type { Proof } from '../proof/index.js';
import type { RepositoryFact } from '../facts.js';

type Row = Proof['rows'][number];

/** Which rows of a proof are of RPMs that a repository has now and had not `before`. None where it had none at all: then all are. */
export function newRpms(before: RepositoryFact | undefined, now: RepositoryFact): (row: Row) => boolean {
  if (!before) return () => false;
  const known = new Set(before.repos.flatMap(({ rpms }) => rpms.map(({ sha256 }) => sha256)));
  const added = new Set(now.repos.flatMap(({ arch, rpms }) => rpms.flatMap((rpm) => (known.has(rpm.sha256) ? [] : [keyOf({ arch, name: rpm.name, evr: formatEvr(rpm) })]))));
  return (row) => added.has(keyOf(row));
}

/** Streams differ in the EVR. */
function keyOf({ arch, name, evr }: Pick<Row, 'arch' | 'name' | 'evr'>): string {
  return `${arch} ${name} ${evr}`;
}
