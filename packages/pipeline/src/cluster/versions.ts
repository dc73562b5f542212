/** What programs in virt-launcher say of themselves. */

/** `virsh version --daemon`. */
export interface LibvirtSays {
  /** Of the daemon that runs. */
  readonly daemon: string;
}

export function parseVirsh(out: string): LibvirtSays | undefined {
  const daemon = /^Running against daemon: *(\d+(?:\.\d+){1,3}) *$/m.exec(out)?.[1];
  return daemon === undefined ? undefined : { daemon };
}

/** `qemu-kvm --version`: `QEMU emulator version 10.1.0 (qemu-kvm-10.1.0-20.el9.crpm0001)`. */
export interface QemuSays {
  readonly version: string;
  /** What the build was told that it is: name, version and release of an RPM. */
  readonly build?: string;
}

export function parseQemu(out: string): QemuSays | undefined {
  const match = /^QEMU emulator version (\d+(?:\.\d+){1,3}\S*)(?: \(([A-Za-z0-9._+~^:-]+)\))? *$/m.exec(out);
  if (match?.[1] === undefined) return undefined;
  return { version: match[1], ...(match[2] === undefined ? {} : { build: match[2] }) };
}

/** The CentOS Stream number that an os-release tells of; nothing for another distribution. */
export function parseStream(osRelease: string): number | undefined {
  const value = (key: string) => new RegExp(`^${key}=(["']?)([^"'\\n]*)\\1$`, 'm').exec(osRelease)?.[2];
  const version = /^(\d{1,3})(\.|$)/.exec(value('VERSION_ID') ?? '')?.[1];
  return value('ID') === 'centos' && version !== undefined ? Number(version) : undefined;
}
