import type { CachedResult } from './result-cache.js';

/** A result that somebody else made, as the place where it lies describes it. Nothing of it is believed before its bytes are here and were looked at. */
export interface RemoteResult {
  readonly result: CachedResult;
  /** Where exactly it is: `oci://quay.io/team/crpm@sha256:…` */
  readonly from: string;
  /** Puts its files into an empty folder, each verified by size and digest. False where that failed, which was told. */
  fill(folder: string, signal: AbortSignal): Promise<boolean>;
  /** It came, and is not what it should be. */
  refuse(why: string): void;
}

/**
 * Results by fingerprint that a team shares. Never fails and never takes longer than it may: what goes wrong is told where it was opened, and costs what there would be
 * without it.
 */
export interface RemoteResults {
  /** What there is for a fingerprint; `node` for whoever hears of a failure. */
  find(node: string, fingerprint: string, signal: AbortSignal): Promise<RemoteResult | undefined>;
  /** Gives a result away, if that is wanted, while others go on. `folder`: its files, which stay as they are until {@link finish}. */
  offer(result: CachedResult, folder: string): void;
  /** Waits for what was offered, within reason, and lets go of the place. */
  finish(signal: AbortSignal): Promise<void>;
}

/** Whom a shared store tells what happens: about a node, or about itself. */
export interface RemoteVoice {
  warn(text: string, node?: string): void;
  /** What goes on with a result, a few words. */
  status(node: string, text: string): void;
}

export type OpenRemote = (voice: RemoteVoice) => Promise<RemoteResults>;
