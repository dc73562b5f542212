export type { ClusterFact, RpmDepsFact, VerifyClusterFact, VerifyFact } from './facts.js';
export { prefetch, type Prefetched, type PrefetchOptions } from './prefetch.js';
export { formatProof, verdictOf, type ProofWords } from './format-proof.js';
export { formatRevert, plannedRevert, revert, type RevertOptions, type RevertResult } from './revert.js';
export { moveAddresses, type MoveOptions } from './move-addresses.js';
export { rpmDepsKind, type KubevirtKindOptions } from './rpm-deps-kind.js';
export { sinceProof, type SinceProof } from './since-proof.js';
export { verifyKind } from './verify-kind.js';
export { addressesIn, rulesServedAt } from './served-rules.js';
