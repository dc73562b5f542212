/**
 * What the nodes tell each other: the `data` of each kind's result. Plain JSON; a reader trusts it, because only crpm's own
 * nodes write it and the runner records its digest.
 */
import type { Arch } from '@crpm/core';

/** kind `base` */
export type BaseFact = {
  /** Engine image id. */
  readonly image: string;
};

/** kind `source`; its output folder holds `manifest.json`, and `spec.json` where the spec has a tree of its own. */
export type SourceFact = {
  /** Absolute folder of the source tree. */
  readonly dir: string;
  /** Digest of its manifest. */
  readonly digest: string;
  /** Absolute folder of the dist-git tree (the user's, or crpm's export of the pinned commit). */
  readonly specDir?: string;
  readonly specDigest?: string;
  readonly warnings: readonly string[];
};

/** kind `buildroot` */
export type BuildrootFact = {
  readonly image: string;
  /** `sha256:` over the sorted NEVRAs (or the distribution's own list) of what is installed. */
  readonly packages: string;
  /** EVR that the spec will give, by rpmspec in the buildroot, `17:10.1.0-20.el9.crpm0001`. */
  readonly evr: string;
};

/** One built or given RPM, from its header. */
export type RpmFact = {
  /** File name in the node's output folder. */
  readonly file: string;
  readonly name: string;
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  readonly sourcerpm: string;
  /** Hex sha256 and bytes of the file. */
  readonly sha256: string;
  readonly size: number;
};

/** kinds `rpmbuild` and `prebuilt`; the output folder holds the files. */
export type RpmsFact = {
  readonly package: string;
  readonly rpms: readonly RpmFact[];
};

/** kind `createrepo` */
export type RepositoryFact = {
  readonly generation: string;
  readonly repos: readonly PublishedRepo[];
};

export type PublishedRepo = {
  readonly basesystem: string;
  readonly arch: Arch;
  /** Relative to the base URL, without slashes at the ends: `centos-stream-9/x86_64`. */
  readonly path: string;
  /** `path/by-sha256/<sha256>/<file>` is the address of each. */
  readonly rpms: readonly (RpmFact & { readonly package: string })[];
  /** Packages left out of this run whose last RPMs are in it: name → when they were built, ISO 8601. */
  readonly stale: Readonly<Record<string, string>>;
};

/** kind `serve` */
export type ServeFact = {
  /** With a slash at its end. */
  readonly baseUrl: string;
};
