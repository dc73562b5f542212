import { FailureError } from '@crpm/core';
import type { Client } from './client.js';

/** What is special about an engine, for people who wonder why something fails there. */
export interface EngineFacts {
  readonly flavour: 'docker' | 'podman';
  readonly rootless: boolean;
  readonly cgroup: 1 | 2;
  /** Whether it bounds a container's memory. */
  readonly limitsMemory: boolean;
  /** How it keeps layers: `overlay`, `overlay2`, `vfs`, … */
  readonly driver?: string;
  /** Absolute folder of its images and volumes, where the engine runs. */
  readonly root?: string;
  /** It runs on this machine, not behind a network or in a virtual machine. */
  readonly local: boolean;
}

interface Info {
  readonly SecurityOptions?: readonly string[] | null;
  /** Podman's word; in its 4.3 the options say nothing of it. */
  readonly Rootless?: boolean;
  readonly Driver?: string;
  readonly CgroupVersion?: string;
  readonly MemoryLimit?: boolean;
  readonly DockerRootDir?: string;
  readonly OperatingSystem?: string;
}

/** Nothing where the engine does not say. */
export async function factsOf(client: Client, flavour: EngineFacts['flavour']): Promise<EngineFacts | undefined> {
  try {
    return readInfo((await client.quick('asking about it', () => client.docker.info())) as Info, flavour, client.address);
  } catch (error) {
    if (error instanceof FailureError) return undefined;
    throw error;
  }
}

export function readInfo(info: Info, flavour: EngineFacts['flavour'], address: string): EngineFacts {
  const rootless = info.Rootless === true || (info.SecurityOptions ?? []).some((option) => /\brootless\b/.test(option));
  const cgroup = info.CgroupVersion === '1' ? 1 : 2;
  return {
    flavour,
    rootless,
    cgroup,
    // Without root nobody may write into cgroups of version 1, and Podman claims that it can all the same.
    limitsMemory: info.MemoryLimit !== false && !(rootless && cgroup === 1),
    ...(info.Driver ? { driver: info.Driver } : {}),
    ...(info.DockerRootDir ? { root: info.DockerRootDir } : {}),
    local: address.startsWith('unix://') && !/Docker Desktop/.test(info.OperatingSystem ?? ''),
  };
}
