import type { Arch } from '@crpm/core';
import type { PinnedPackage } from '../params.js';

/**
 * RPM names that a tree's `hack/rpm-deps.sh` really pins with a package's variable (`qemu-img-${QEMU_VERSION}`), of those that the preset
 * knows: KubeVirt's list changes, and the user's own checkout is right.
 */
export function pinnedNames(script: string, { pin }: PinnedPackage, arch: Arch): readonly string[] {
  if (!pin) return [];
  const asked = new Set([...script.matchAll(/^\s*([A-Za-z0-9._+-]+)-\$\{?([A-Z0-9_]+)\}?\s*$/gm)].filter(([, , variable]) => variable === pin.variable).map(([, name]) => name));
  return pin.rpms[arch].filter((name) => asked.has(name));
}
