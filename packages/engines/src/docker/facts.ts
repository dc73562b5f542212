import { FailureError } from '@crpm/core';
import type { Client } from './client.js';

/** What is special about an engine, for people who wonder why something fails there. */
export interface EngineFacts {
  readonly flavour: 'docker' | 'podman';
  readonly rootless: boolean;
  readonly cgroup: 1 | 2;
  /** Whether it says that it can bound a container's memory. */
  readonly limitsMemory: boolean;
  /** Absolute folder of its images and volumes, where the engine runs. */
  readonly root?: string;
  /** It runs on this machine, not behind a network or in a virtual machine. */
  readonly local: boolean;
}

interface Info {
  readonly SecurityOptions?: readonly string[] | null;
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
  return {
    flavour,
    rootless: (info.SecurityOptions ?? []).some((option) => /\brootless\b/.test(option)),
    cgroup: info.CgroupVersion === '1' ? 1 : 2,
    limitsMemory: info.MemoryLimit !== false,
    ...(info.DockerRootDir ? { root: info.DockerRootDir } : {}),
    local: address.startsWith('unix://') && !/Docker Desktop/.test(info.OperatingSystem ?? ''),
  };
}
