import type { Arch } from '@crpm/core';
import { readDepsScript } from '../deps-script/read.js';
import type { PinnedPackage } from '../params.js';

/** A version that no RPM has: where it comes out of the script, the variable went in. */
const MARK = '0:0-crpm.mark';

/**
 * RPM names that a tree's `hack/rpm-deps.sh` pins with a package's variable (`qemu-img-${QEMU_VERSION}`) for one stream and architecture: KubeVirt's list changes, and the
 * user's own checkout is right. Only a script that can't be read falls back to the names that the preset knows.
 */
export function pinnedNames(script: string, { pin }: PinnedPackage, { arch, stream }: { readonly arch: Arch; readonly stream: number }): readonly string[] {
  if (!pin) return [];
  const read = readDepsScript(script, { KUBEVIRT_CENTOS_STREAM_VERSION: String(stream), SINGLE_ARCH: arch, [pin.variable]: MARK });
  if (typeof read !== 'string' && read.trees.length > 0) {
    const requests = new Set(read.trees.flatMap((tree) => tree.requests));
    return [...requests].filter((request) => request.endsWith(`-${MARK}`)).map((request) => request.slice(0, -MARK.length - 1));
  }
  const asked = new Set([...script.matchAll(/^\s*([A-Za-z0-9._+-]+)-\$\{?([A-Z0-9_]+)\}?\s*$/gm)].filter(([, , variable]) => variable === pin.variable).map(([, name]) => name));
  return pin.rpms[arch].filter((name) => asked.has(name));
}
