import type { ClusterIdentity } from '../cluster/identity.js';
import type { ClusterProof } from '../cluster/judge.js';
import type { Proof } from '../proof/index.js';

/** kind `rpm-deps` */
export type RpmDepsFact = {
  readonly resolver: { readonly name: string; readonly standIn: boolean };
  /** Hex sha256 of `WORKSPACE` and of `rpm/BUILD.bazel` as they were written into the user's tree. */
  readonly workspace: string;
  readonly build: string;
  /** The same of each further file that KubeVirt's `make` changed, by its path; `absent`: it removed it. */
  readonly further?: Readonly<Record<string, string>>;
  /** Where the repository was then, with a slash at its end; the addresses in `WORKSPACE` lie under it. */
  readonly baseUrl: string;
};

/** kind `verify` */
export type VerifyFact = {
  readonly proof: Proof;
  /** Package left out of this run → since when its RPMs in the repository are what they are, ISO 8601. */
  readonly stale: Readonly<Record<string, string>>;
  /** Packages left out of this run that have no RPMs in the repository: KubeVirt keeps the official ones. */
  readonly absent: readonly string[];
  /** RPM names of our source packages that the config lets stay official. */
  readonly allowOfficial: readonly string[];
  /** The proof does not hold for one reason alone: the tree names the RPMs of an earlier build, as crpm wrote them there, and others were built since. */
  readonly ofEarlierBuild?: true;
};

/** kind `cluster-sync` */
export type ClusterFact = {
  /** Whose images were built. */
  readonly stream: number;
  readonly here: { readonly identity: ClusterIdentity };
};

/** kind `verify-cluster` */
export type VerifyClusterFact = {
  readonly proof: ClusterProof;
  /** Where it was seen. */
  readonly here: {
    readonly identity: ClusterIdentity;
    readonly launcher: { readonly namespace: string; readonly pod: string; readonly image: string };
  };
};
