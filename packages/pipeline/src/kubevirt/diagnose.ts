import { FailureError, type NodeContext } from '@crpm/core';
import type { RpmDepsParams } from '../params.js';
import type { Foresight } from '../predict/foresight.js';
import type { OfficialLoader } from '../predict/official.js';
import { lookAhead } from '../predict/outlook.js';
import type { CustomRepository } from './custom-rpms.js';
import { servedRpms } from './own-repository.js';

export interface Unresolved {
  readonly repository: CustomRepository;
  /** What the script was given. */
  readonly versions: Readonly<Record<string, string>>;
  /** Text of `hack/rpm-deps.sh`. */
  readonly script: string;
  /** Where the server's root is, with a slash at its end. */
  readonly base: string;
  readonly official: OfficialLoader;
}

/** Why the resolver found no set of RPMs: it says so little itself that the model is asked. Nothing where that does not know either. */
export async function diagnose(params: RpmDepsParams, context: NodeContext, { repository, versions, script, base, official }: Unresolved): Promise<Foresight | undefined> {
  const stream = params.streams.find((one) => one.stream === repository.stream);
  if (!stream) return undefined;
  const { kubevirt, crossArchEmulation, allowOfficial } = params;
  try {
    const own = await servedRpms(context, base, repository);
    const outlook = await lookAhead({ params: { kubevirt, stream, arch: repository.arch, crossArchEmulation, allowOfficial }, script, official, own: () => own, ownFrom: 'built', versions: () => versions, elsewhere: [] }, context);
    return 'unreadable' in outlook ? undefined : outlook.foresights.find(({ severity }) => severity === 'error');
  } catch (error) {
    // A repository that can't be read leaves the resolver's own words.
    if (error instanceof FailureError && !context.signal.aborted) return undefined;
    throw error;
  }
}
