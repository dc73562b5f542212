import type { Arch } from '@crpm/core';
import { readDepsScript } from '../deps-script/read.js';
import type { PinnedPackage } from '../params.js';

/** A version that no RPM has: where it comes out of the script, the variable went in. */
const MARK = '0:0-crpm.mark';

/** RPM names that are pinned with a package's variable. */
export interface Pins {
  readonly names: readonly string[];
  /** Why the script could not be read; then the names are those that the config or the preset says. */
  readonly unread?: string;
}

/**
 * What a tree's `hack/rpm-deps.sh` pins with a package's variable (`qemu-img-${QEMU_VERSION}`) for one stream and architecture: KubeVirt's list changes, and the
 * user's own checkout is right, also about a variable that no preset knows.
 */
export function readPins(script: string, { pin }: PinnedPackage, { arch, stream }: { readonly arch: Arch; readonly stream: number }): Pins {
  if (!pin) return { names: [] };
  const read = readDepsScript(script, { KUBEVIRT_CENTOS_STREAM_VERSION: String(stream), SINGLE_ARCH: arch, [pin.variable]: MARK });
  if (typeof read === 'string') return { names: pin.rpms?.[arch] ?? [], unread: read };
  const requests = new Set(read.trees.flatMap((tree) => tree.requests));
  return { names: [...requests].filter((request) => request.endsWith(`-${MARK}`)).map((request) => request.slice(0, -MARK.length - 1)) };
}

/** Whether a script has a variable anywhere but in a comment. */
export function knowsVariable(script: string, variable: string): boolean {
  const word = new RegExp(`(?<![A-Za-z0-9_])${variable}(?![A-Za-z0-9_])`);
  return script.split('\n').some((line) => !/^\s*#/.test(line) && word.test(line));
}
