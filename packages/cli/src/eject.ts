import type { Graph } from '@crpm/core';
import type { Cli } from './io.js';
import type { Project } from './project.js';

/** Writes a graph down, with what the lock file pins. */
export async function ejectText(cli: Cli, { config }: Project, graph: Graph): Promise<string> {
  const [{ derivedPort, ejectScript, lockFileOf }, { findFilePin, findPin, readLockFile }, { locateWorkspace }] = await Promise.all([import('@crpm/pipeline'), import('@crpm/sources'), import('@crpm/state')]);
  const pins = await readLockFile(lockFileOf(config));
  return ejectScript({
    graph,
    config: config.file ?? 'the environment',
    onHost: config.engine.kind === 'host' || config.basesystems.some(({ base }) => base.kind === 'host'),
    network: config.engine.network,
    port: derivedPort(locateWorkspace({ root: config.root, env: cli.io.env }).id),
    pinned: (address, ref) => (ref === undefined ? findFilePin(pins, address)?.sha256 : findPin(pins, { url: address, ref })?.commit),
  });
}
