/**
 * Epoch, version and release of an RPM. `epoch` is 0 where a package has none: rpm orders "no epoch" and 0 alike.
 */
export interface Evr {
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
}

/** The characters of a version and of a release. `-` separates them, `:` follows the epoch; neither is ever part of one. */
const PART = '[A-Za-z0-9._+~^]+';
const EVR = new RegExp(`^(?:(\\d{1,10}):)?(${PART})-(${PART})$`);
const PIN = new RegExp(`^\\d{1,10}:${PART}-${PART}$`);
/** rpm keeps an epoch in 32 unsigned bits. */
const MAX_EPOCH = 0xffff_ffff;

/** Reads `17:10.1.0-20.el9` or `10.1.0-20.el9`. Nothing for any other shape, a huge epoch, or a character outside rpm's set. */
export function parseEvr(text: string): Evr | undefined {
  const [, epoch, version, release] = EVR.exec(text) ?? [];
  if (version === undefined || release === undefined) return undefined;
  if (Number(epoch ?? 0) > MAX_EPOCH) return undefined;
  return { epoch: Number(epoch ?? 0), version, release };
}

/** `17:10.1.0-20.el9`; the epoch always stands there, as KubeVirt's pins and bazeldnf want it. */
export function formatEvr(evr: Evr): string {
  return `${evr.epoch}:${evr.version}-${evr.release}`;
}

/**
 * Whether a value may go into one of KubeVirt's version variables. Its Makefile puts them unquoted into a shell string, so this is a
 * whitelist; and bazeldnf finds nothing by a version without its epoch.
 */
export function isVersionPin(value: string): boolean {
  // `$` alone would let a newline at the end pass in other dialects; in JavaScript without the m flag it does not.
  return PIN.test(value);
}

export function sameEvr(a: Evr, b: Evr): boolean {
  return a.epoch === b.epoch && a.version === b.version && a.release === b.release;
}
