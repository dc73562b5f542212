import type { Arch, Config } from '@crpm/core';

/** `base`, `libvirt.rpmbuild`; with several architectures `libvirt.rpmbuild@aarch64`. */
export function archId(config: Config, id: string, arch: Arch): string {
  return config.arches.length > 1 ? `${id}@${arch}` : id;
}
