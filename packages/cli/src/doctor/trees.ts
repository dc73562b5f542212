import { count } from '@crpm/reporters';
import { fine, warning, type Finding } from './finding.js';

/** A folder of the user's that a run reads, as it lies there. */
export interface TreeFacts {
  /** `tree of qemu`, `spec tree of qemu`, `KubeVirt tree` */
  readonly what: string;
  /** Whether a build is made from it. */
  readonly built: boolean;
  readonly dir: string;
  /** `worktree`: its .git is a file that leads elsewhere. */
  readonly kind: 'repository' | 'worktree' | 'plain';
  /** What git takes for changed; absent: not a repository, or git can't tell. */
  readonly changed?: number;
  readonly branch?: string;
  /** Subprojects that it names and does not hold. */
  readonly missingSubprojects: readonly string[];
}

/** What a run finds there. Uncommitted work is no fault: it is what crpm is for. */
export function judgeTree({ what, built, dir, kind, changed, branch, missingSubprojects }: TreeFacts): Finding {
  const words = [dir, { repository: '', worktree: 'a git worktree', plain: 'no git repository' }[kind], branch === undefined ? '' : `on ${branch}`, !changed ? '' : `${count(changed, 'uncommitted change')}${built ? ', which will be built' : ''}`];
  const detail = words.filter((word) => word !== '').join(', ');
  if (missingSubprojects.length === 0) return fine(what, detail);
  const some = missingSubprojects.length > 3 ? `${missingSubprojects.slice(0, 3).join(', ')} and ${String(missingSubprojects.length - 3)} more` : missingSubprojects.join(', ');
  return warning(what, `${detail}; the ${missingSubprojects.length === 1 ? 'subproject' : 'subprojects'} ${some} of it ${missingSubprojects.length === 1 ? 'is' : 'are'} not there: the first build fetches what it can`, `meson subprojects download --sourcedir ${dir}`);
}

/** Where a spec comes from, and what it is to be built for. */
export interface StreamFacts {
  readonly package: string;
  /** `c9s`: the branch that the config names, or that the dist-git folder is on. */
  readonly branch: string;
  readonly basesystem: string;
  readonly stream: number;
}

/** A spec of another stream than what it is built for. A branch of any other name says nothing. */
export function judgeStreams(specs: readonly StreamFacts[]): readonly Finding[] {
  return specs.flatMap(({ package: name, branch, basesystem, stream }) => {
    const of = /^c(\d+)s?$/.exec(branch)?.[1];
    if (of === undefined || Number(of) === stream) return [];
    return [warning(`spec of ${name}`, `its branch is ${branch}, and it is built for ${basesystem}`, `sources.${name}.spec.branch: c${String(stream)}s, or git switch c${String(stream)}s in the dist-git folder; or basesystem: centos-stream-${of}.`)];
  });
}

/** Whether a KubeVirt branch knows the streams that are built for. `script`: the text of its hack/rpm-deps.sh; absent: it has none. */
export function judgeKubevirt(script: string | undefined, streams: readonly { readonly basesystem: string; readonly stream: number }[]): readonly Finding[] {
  if (script === undefined) return [];
  const knows = (stream: number) => new RegExp(`cs${String(stream)}\\b|KUBEVIRT_CENTOS_STREAM_VERSION`).test(script);
  const strange = streams.filter(({ stream }) => stream !== 9 && !knows(stream));
  if (strange.length === 0) return [];
  const names = strange.map(({ basesystem }) => basesystem).join(', ');
  return [warning('KubeVirt branch', `its hack/rpm-deps.sh knows nothing of ${names}`, 'basesystem: centos-stream-9, or a KubeVirt branch that has both streams.')];
}
