import { formatEvr } from '@crpm/rpm';
import { takenRpms } from './answers.js';
import { judgeAskedFor } from './asked-for.js';
import { isIn, openCase, scopeOf, wordFor, type Case } from './case.js';
import type { Complaint, Evidence, Proof } from './evidence.js';
import { findMoved } from './moved.js';
import { judgeOutside } from './outside.js';
import { judgePrHelper } from './pr-helper.js';
import { judgeSiblings } from './siblings.js';
import { judgeSourcePackages } from './source-package.js';
import { judgeRpm } from './taken.js';
import { judgeUntouched } from './untouched.js';
import { list } from './words.js';

/**
 * Whether KubeVirt's WORKSPACE and rpm/BUILD.bazel name the RPMs that were built, in every tree that should have them, and nothing else of
 * their source packages. Pure. Throws a `FailureError` only if one of the files is no Starlark.
 */
export function prove(evidence: Evidence): Proof {
  const of = openCase(evidence);
  const judgements = of.custom.map((rpm) => judgeRpm(of, rpm));
  const complaints = [
    ...judgeScope(of),
    ...judgeAskedFor(of),
    ...judgeSiblings(of),
    ...judgements.flatMap((judgement) => judgement.complaints),
    ...judgePrHelper(of),
    ...judgeSourcePackages(of),
    ...judgeUntouched(of),
    ...judgeOutside(of),
  ];
  const holds = complaints.length === 0;
  const standing = evidence.resolver.standIn ? 'demonstration' : 'proof';
  return {
    holds,
    proven: holds && standing === 'proof',
    standing,
    resolver: evidence.resolver.name,
    rows: judgements.map((judgement) => judgement.row),
    complaints,
    moved: findMoved(of),
  };
}

/** What one call of `rpm-deps` did that is no business of its stream and architecture. The evidence is of that call alone. */
export function touchedByCall(evidence: Omit<Evidence, 'answers'>): readonly Complaint[] {
  return judgeUntouched(openCase({ ...evidence, answers: new Map() }));
}

/** The addresses whose bytes {@link prove} wants to know, each once: those of the RPMs that a tree holds. */
export function addressesToAsk(evidence: Omit<Evidence, 'answers'>): readonly string[] {
  return [...new Set(takenRpms(openCase({ ...evidence, answers: new Map() })).map((rpm) => rpm.url))];
}

/** What makes a judgement possible at all. */
function judgeScope(of: Case): readonly Complaint[] {
  const treeless = of.scopes.filter(({ trees }) => trees.length === 0);
  const taken = takenRpms(of);
  const untaken = of.scopes.filter((scope) => !taken.some((rpm) => isIn(rpm, scope)));
  return [
    ...treeless.map(({ arch, stream }): Complaint => ({
      check: 'trees',
      message: `rpm/BUILD.bazel has no tree for ${arch} of CentOS Stream ${stream}`,
      next: 'Check arch and basesystem of the config against the names of the rpmtree rules.',
    })),
    ...untaken.map((scope): Complaint => ({
      check: 'zero-taken',
      message: `${wordFor(of, scope)}: KubeVirt took none of the RPMs that were built: ${list(of.custom.filter((rpm) => isIn(rpm, scope)).map((rpm) => rpm.name)) || 'there are none'}`,
      next: 'Check in the log of rpm-deps that it was given the custom repository and the versions that were built.',
    })),
    ...builtTwice(of),
  ];
}

function builtTwice(of: Case): readonly Complaint[] {
  const first = new Map<string, string>();
  return of.custom.flatMap((rpm): Complaint[] => {
    const key = `${rpm.forStream} ${rpm.forArch} ${rpm.name}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, formatEvr(rpm));
    if (other === undefined) return [];
    return [
      {
        check: 'built-twice',
        message: `${wordFor(of, scopeOf(rpm))}: the repository holds ${rpm.name} twice, ${other} and ${formatEvr(rpm)}; resolvers differ in which they take`,
        next: 'Keep one of the packages that build it (`sources` of the config).',
      },
    ];
  });
}
