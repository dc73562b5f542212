import { treesFor, type Case } from './case.js';
import type { Complaint, CustomRpm } from './evidence.js';
import { membersNamed } from './snapshot.js';

/** The RPMs of ours that a tree holds. */
export function takenRpms(of: Case): readonly CustomRpm[] {
  return of.custom.filter((rpm) =>
    treesFor(of, rpm).some((tree) => membersNamed(of.after, tree, rpm.name).some((member) => member.rule?.sha256 === rpm.sha256)),
  );
}

/** The address of an RPM must give the bytes that were built: KubeVirt's next build fetches from there. */
export function judgeAnswer(of: Case, rpm: CustomRpm): readonly Complaint[] {
  const answer = of.evidence.answers.get(rpm.url) ?? { error: 'it was not asked' };
  if ('error' in answer) {
    return [{ check: 'answer', message: `${rpm.url} does not answer: ${answer.error}`, next: 'Start the server with `crpm serve`, then `crpm verify`.' }];
  }
  if (answer.sha256 === rpm.sha256) return [];
  return [
    {
      check: 'answer',
      message: `${rpm.url} answers other bytes: their sha256 is ${answer.sha256}, the build's ${rpm.sha256}`,
      next: 'Publish the repository again with `crpm run --from createrepo`.',
    },
  ];
}
