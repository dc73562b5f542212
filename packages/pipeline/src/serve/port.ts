import { createHash } from 'node:crypto';

const FIRST = 20_000;
const COUNT = 10_000;

/** The port of a workspace that chose none: always the same, between 20000 and 29999, below where systems hand out ports by themselves. */
export function derivedPort(workspaceId: string): number {
  return FIRST + (createHash('sha256').update(workspaceId).digest().readUInt32BE(0) % COUNT);
}

/** What `crpm serve --port N` left behind. */
export interface RememberedPort {
  readonly port: number;
  /** The config's port when it was remembered: once the config names another one, the config counts again. */
  readonly over?: number;
}

/** The port to serve on. */
export function choosePort(workspaceId: string, configured: number | undefined, remembered: RememberedPort | undefined): number {
  if (remembered && remembered.over === configured) return remembered.port;
  return configured ?? derivedPort(workspaceId);
}
