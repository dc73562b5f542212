import type { Arch, Basesystem, PackageConfig } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';

interface HostArches {
  readonly arches: readonly Arch[];
  /** `arch` as the file or the environment has it. */
  readonly given: Arch | readonly Arch[] | undefined;
  /** The variable of the environment that it comes from, if it is not the file's. */
  readonly variable: string | undefined;
  /** Absent: a machine that KubeVirt is not built for. */
  readonly machine: Arch | undefined;
  readonly basesystems: readonly Basesystem[];
  readonly packages: readonly PackageConfig[];
}

/** Without containers there is no emulation: only RPMs that are built already may be for another machine. */
export function checkHostArches({ arches, given, variable, machine, basesystems, packages }: HostArches, complaints: Complaints): void {
  const builds = packages.some(({ kind }) => kind !== 'prebuilt' && kind !== 'published');
  const own = basesystems.find(({ base }) => base.kind === 'host');
  if (!own || !builds) return;
  const message = `the basesystem ${own.name} builds for this machine's architecture only: ${machine ?? 'which is none of KubeVirt’s'}`;
  for (const [index, arch] of arches.entries()) {
    if (arch === machine) continue;
    if (variable !== undefined) complaints.general('error', `the environment has ${variable}=${arch}; ${message}`);
    else complaints.error(Array.isArray(given) ? ['arch', index] : ['arch'], `${message}; not ${arch}`);
  }
}
