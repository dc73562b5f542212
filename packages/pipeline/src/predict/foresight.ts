import type { TreeRequest } from '../deps-script/read.js';
import type { ResolverRepo, ResolverRpm } from './universe.js';

/** An RPM that was built here, or is going to be. */
export interface OwnRpm extends ResolverRpm {
  /** The package it is built from, as the config names it. */
  readonly package: string;
  /** Name of its source RPM: `qemu-kvm`. */
  readonly source: string;
}

/** An RPM of the distribution; its source's name, where the metadata was to be had. */
export interface OfficialRpm extends ResolverRpm {
  readonly source?: string;
}

/** What KubeVirt's resolver will be asked, for one stream and architecture. */
export interface Prospect {
  readonly arch: string;
  readonly trees: readonly TreeRequest[];
  readonly own: readonly OwnRpm[];
  /** `built`: from their headers. `foretold`: from the spec, of one package; others may still bring what is missing. */
  readonly ownFrom: 'built' | 'foretold';
  /** Packages whose versions were compared with the distribution's before. */
  readonly compared?: readonly string[];
  /** In the order of the repo file. */
  readonly official: readonly (ResolverRepo & { readonly rpms: readonly OfficialRpm[] })[];
  /** Whether that is all the resolver will see of the distribution, with requires and provides; else only names and versions, of some. */
  readonly complete: boolean;
  /** RPM names of our source packages that may stay official. */
  readonly allowOfficial: readonly string[];
  /** Version variables of the script (`PASST_VERSION`), and the RPMs that it asks for with each. */
  readonly pins: Readonly<Record<string, readonly string[]>>;
}

export type Hazard =
  /** The resolver can't, or will not, take what was built. */
  | 'not-chosen'
  /** Something that a tree asks for, and was not built here, is gone from the distribution. */
  | 'rotten-pin'
  /** What it takes depends on its version. */
  | 'depends-on-version'
  | 'equal-evr'
  /** Our version is the beginning of another one: asked for, both are meant. */
  | 'prefix-clash'
  | 'older-than-official'
  /** An RPM of ours that is asked for without a version, and stays official. */
  | 'left-behind'
  /** An official RPM brings the official build of one of ours along, so that a tree has both. */
  | 'two-evrs'
  /** An RPM of a source package of ours that was not built here is taken from the distribution. */
  | 'official-sibling';

/** What is going to go wrong, before it does. An `error` is certain with every version of the resolver that is on record. */
export interface Foresight {
  readonly severity: 'error' | 'warning';
  readonly hazard: Hazard;
  /** What will happen, with names and versions, and what that means. */
  readonly message: string;
  /** What to change now. */
  readonly next: string;
}

/** The same for one tree: what happens alike in several is told once. */
export interface Finding extends Omit<Foresight, 'message'> {
  readonly tree?: string;
  readonly what: string;
}
