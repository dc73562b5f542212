/**
 * What the nodes tell each other: the `data` of each kind's result. Plain JSON; a reader trusts it, because only crpm's own
 * nodes write it and the runner records its digest.
 */
import type { Arch } from '@crpm/core';
import type { LookasideFile } from '@crpm/sources';

/** How rpm is set up in an image. */
export type RpmTraits = {
  /** The distribution's own `%dist`: `.el9`. */
  readonly dist: string;
  /** Whether rpmbuild checks BuildRequires here. */
  readonly checkBuildRequires: boolean;
  /** Whether rpm lacks the macros that specs of Fedora and CentOS take for granted (`%meson`, `%_unitdir`), so that crpm brings them. */
  readonly lacksMacros: boolean;
};

/** kind `base` */
export type BaseFact = RpmTraits & {
  /** What the image was set up from: the engine's kind, and the id of the image that was pulled or built. */
  readonly from: string;
  readonly here: {
    /** Engine image id. */
    readonly image: string;
    readonly arch: Arch;
  };
  /** Whether dnf may install BuildRequires into an image made from this one. */
  readonly dnf: boolean;
};

/** kind `source`; its output folder holds `manifest.json`, and `spec.json` where the spec has a tree of its own. */
export type SourceFact = {
  /** Digest of the tree's manifest. */
  readonly digest: string;
  /** Digest of the dist-git folder's manifest. */
  readonly specDigest?: string;
  /** `sha256:` over what a build root reads of these trees, which is little: the spec, and what fills in a template. */
  readonly specInputs: string;
  readonly warnings: readonly string[];
  readonly here: {
    /** Absolute folder of the source tree. */
    readonly dir: string;
    /** What the tree was pinned to, of one that was fetched: a commit, or the sha256 of an archive. */
    readonly pin?: string;
    /** Commit in `<cache>/snapshots.git` that recreates the tree; absent where none could be written. */
    readonly snapshot?: string;
    /** The same three of the dist-git tree (the user's, or crpm's copy of the pinned commit). */
    readonly specDir?: string;
    readonly specPin?: string;
    readonly specSnapshot?: string;
    /** Where files can be had that the dist-git tree only names: a folder of the user's, and the folder of the distribution's packages. */
    readonly elsewhere?: { readonly given?: string; readonly url?: string };
  };
};

/** kind `buildroot` */
export type BuildrootFact = RpmTraits & {
  readonly here: {
    /** Engine image id. */
    readonly image: string;
  };
  /** `sha256:` over `host` or `container` and the sorted NEVRAs (or the distribution's own list) of what is installed. */
  readonly packages: string;
  /** EVR that the spec will give, by rpmspec in the buildroot, `17:10.1.0-20.el9.crpm0001`. */
  readonly evr: string;
  /** Name of the source RPM, `qemu-kvm`, and the RPMs that come of it. */
  readonly source: string;
  readonly rpms: readonly SpecRpm[];
};

/** An RPM that a spec makes, as rpmspec tells before anything is built: without what rpmbuild finds out by itself. */
export type SpecRpm = {
  readonly name: string;
  /** `17:10.1.0-20.el9.crpm0001` */
  readonly evr: string;
  readonly arch: string;
  /** Each `name`, `name op evr` or a rich one. */
  readonly requires: readonly string[];
  readonly provides: readonly string[];
};

/** kind `dist`; the output folder holds these files. */
export type DistFact = {
  /** The source archive, named as the spec's `Source0` says: `archive/qemu-10.1.0.tar.xz`. Absent where it lies beside the spec, as in a source RPM. */
  readonly archive?: string;
  /** The spec as it will be built: filled in, patches decided: `spec/qemu-kvm.spec`. */
  readonly spec: string;
  /** Patches of the spec that are left out, by file name. */
  readonly droppedPatches: readonly string[];
  /** Further files that the spec wants and its dist-git folder only names. */
  readonly elsewhere: readonly LookasideFile[];
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
  /** RPMs that it requires in its own EVR and that were not built with it; absent where there are none. */
  readonly missingSiblings?: readonly string[];
  /** Digest of what a resolver, and whoever puts files together, looks at: requires, provides, and the list of files without their content. Absent where nobody looked into the file. */
  readonly shape?: string;
};

/** kinds `rpmbuild`, `rpmbuild-in-place` and `prebuilt`; the output folder holds the files. */
export type RpmsFact = {
  readonly package: string;
  readonly rpms: readonly RpmFact[];
  /** How this one build went; absent where there is nothing to tell. */
  readonly here?: {
    /** Compilations that the compiler cache knew, and that it did not. */
    readonly ccache?: { readonly hits: number; readonly misses: number };
    /** Why a build in place started from nothing: `libvirt.spec.in changed, …`. */
    readonly clean?: string;
    /** The next one most likely does, too. */
    readonly cleanAgain?: true;
    /** Of RPMs that addresses lead to: address → sha256. */
    readonly pins?: Readonly<Record<string, string>>;
  };
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
export type ServeFact =
  /** crpm's own server: its address is looked up when it is used, as `crpm serve --port` changes it between runs. `port`: of the config. */
  | { readonly mode: 'process'; readonly port?: number }
  /** `baseUrl`: with a slash at its end. */
  | { readonly mode: 'container' | 'volume' | 'none'; readonly baseUrl: string };
