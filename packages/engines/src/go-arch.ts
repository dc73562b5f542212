const GO_ARCH: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', s390x: 's390x' };

/** `x86_64` → `amd64` */
export function goArchOf(arch: string): string {
  return GO_ARCH[arch] ?? arch;
}

/** `amd64` → `x86_64` */
export function archOf(goArch: string): string {
  return Object.keys(GO_ARCH).find((arch) => GO_ARCH[arch] === goArch) ?? goArch;
}
