import type { Arch } from '@crpm/core';
import type { RpmFact } from '../facts.js';

/** One RPM that was built (or given), as it is served to KubeVirt. */
export interface CustomRpm extends RpmFact {
  /** The package it was built from, as the config names it. */
  readonly package: string;
  /** Whose repository it is in; a noarch RPM is there once for each architecture. */
  readonly forArch: Arch;
  /** CentOS Stream number of that repository. */
  readonly forStream: number;
  /** Address that must be the first of its `rpm()` rule. */
  readonly url: string;
}

/** What a distribution's own metadata says of one of its RPMs. */
export interface OfficialRpm {
  readonly name: string;
  /** `0:12.5.0-1.el9` */
  readonly evr: string;
  /** `libvirt-12.5.0-1.el9.src.rpm` */
  readonly sourcerpm: string;
}

/** The two files that `rpm-deps` writes. */
export interface BazelFiles {
  readonly workspace: string;
  /** `rpm/BUILD.bazel` */
  readonly build: string;
}

/** What a GET of an address gave: the digest of its bytes, or why there are none. */
export type Answer = { readonly sha256: string } | { readonly error: string };

/** Everything the judge looks at. It reads no file and asks no server: who gathers this does. */
export interface Evidence {
  /** CentOS Stream numbers of the run. */
  readonly streams: readonly number[];
  /** Of each stream. */
  readonly arches: readonly Arch[];
  /** Text of the tree's `hack/rpm-deps.sh`: it names the trees to judge. Without it, all trees of the streams and architectures are. */
  readonly script?: string;
  /** The trees to judge, by name; instead of {@link script}. */
  readonly trees?: readonly string[];
  readonly before: BazelFiles;
  readonly after: BazelFiles;
  readonly custom: readonly CustomRpm[];
  /** By {@link scopeName}: RPM names of the built packages that the script asks for by version. */
  readonly pinned: Readonly<Record<string, readonly string[]>>;
  /** May be empty: then a package's other RPMs are known by the EVR they shared before. */
  readonly official: readonly OfficialRpm[];
  /** RPM names of built packages that may stay official. */
  readonly allowOfficial: readonly string[];
  /** By address, for each of `addressesToAsk`. */
  readonly answers: ReadonlyMap<string, Answer>;
  readonly resolver: Resolver;
}

/** What chose the RPMs. */
export interface Resolver {
  /** `bazeldnf v0.99.1` */
  readonly name: string;
  /** Not KubeVirt's own: what it wrote shows the way, and proves nothing. */
  readonly standIn: boolean;
}

/** What is checked; the name of a complaint's kind. */
export type Check =
  | 'trees'
  | 'zero-taken'
  | 'built-twice'
  | 'not-there'
  | 'other-evr'
  | 'other-bytes'
  | 'two-evrs'
  | 'no-rule'
  | 'address'
  | 'answer'
  | 'pr-helper'
  | 'not-built'
  | 'sibling'
  | 'lost-tree'
  | 'touched'
  | 'outside';

/** One reason why this is no proof. */
export interface Complaint {
  readonly check: Check;
  /** What was found, with names and values. */
  readonly message: string;
  /** What to do now. */
  readonly next: string;
}

export interface ProofRow {
  readonly name: string;
  /** EVR of the build, `17:10.1.0-20.el9.crpm0001`. */
  readonly evr: string;
  /** That it is served to. */
  readonly arch: Arch;
  /** Its own: `noarch` too. */
  readonly rpmArch: string;
  readonly stream: number;
  readonly package: string;
  /** Trees that hold exactly this RPM. */
  readonly trees: readonly string[];
  /** `not needed`: no tree asks for an RPM of this name. */
  readonly verdict: 'taken' | 'not taken' | 'not needed';
  /** A few words for the table. */
  readonly message: string;
}

/** A package, not built here, that changed along the way. */
export interface Moved {
  readonly name: string;
  /** EVRs in the judged trees; none: it was not there. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Trees in which it changed. */
  readonly trees: readonly string[];
}

/** Plain JSON: it is the result of a node. */
export interface Proof {
  /** No complaint at all. */
  readonly holds: boolean;
  /** It holds, and KubeVirt's own resolver chose: of a demonstration this is never said. */
  readonly proven: boolean;
  /** `demonstration`: a stand-in resolver chose. */
  readonly standing: 'proof' | 'demonstration';
  readonly resolver: string;
  readonly rows: readonly ProofRow[];
  readonly complaints: readonly Complaint[];
  readonly moved: readonly Moved[];
}
