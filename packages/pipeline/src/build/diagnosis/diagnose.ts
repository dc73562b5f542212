import type { Cause, Failure } from '@crpm/core';

import type { OwnComplaint } from './own-lines.js';
import type { OwnNames } from './own-names.js';
import { configuring, compilerComplaint, linkerComplaint, missingHeader, missingProgram, rejectedPatch } from './of-sources.js';
import { fullDisk, noMemory, noNetwork } from './of-machine.js';
import { failedPhase, failedTests, missingFiles, missingRequirement, unpackagedFiles } from './of-spec.js';

/** A failed build, as far as it is known here. */
export interface FailedBuild {
  /** The last lines of its output, oldest first. */
  readonly lines: readonly string[];
  readonly package: string;
  /** What compilers and meson said in them, at the lines of the user's own files. */
  readonly complaints: readonly OwnComplaint[];
  /** A file as the tree names it, as the user is told of it. */
  readonly path: OwnNames['path'];
  /** The disk that it writes to, for people. */
  readonly disk: string;
}

/** What the output of a failed build means. */
export interface Diagnosis extends Pick<Failure, 'commands'> {
  readonly class: Extract<Failure['class'], 'build' | 'environment' | 'oom'>;
  /** Absent: only the phase of the spec is known. */
  readonly cause?: Cause;
  /** What went wrong, as a sentence. */
  readonly what: string;
  readonly next: string;
  /** Those that tell, ten at most. */
  readonly lines: readonly string[];
}

/** One way in which builds fail; nothing if this one did not. */
export type Way = (failed: FailedBuild) => Diagnosis | undefined;

/** A cause first, then what merely follows from it: a compiler that fails for a full disk complains of much else. */
const WAYS: readonly Way[] = [
  fullDisk,
  noMemory,
  noNetwork,
  missingRequirement,
  rejectedPatch,
  missingHeader,
  configuring,
  compilerComplaint,
  linkerComplaint,
  missingProgram,
  unpackagedFiles,
  missingFiles,
  failedTests,
  failedPhase,
];

/** Finds out why a build failed. Pure; made from the words of rpm 4.16 to 4.20, gcc, clang, ld, meson, ninja, make and patch. */
export function diagnose(failed: FailedBuild): Diagnosis | undefined {
  for (const way of WAYS) {
    const found = way(failed);
    if (found) return found;
  }
  return undefined;
}
