import { availableParallelism, release, totalmem } from 'node:os';
import { formatSize, type Config } from '@crpm/core';
import { readOsRelease } from '@crpm/engines/os-release';

/** Put in by scripts/build.mjs from package.json. */
declare const __CRPM_VERSION__: string;

export interface RunParameters {
  readonly config: Config;
  readonly command: string;
  readonly jobs: number;
}

/** What a run is made with, for its record. No variables of the user's environment: they may hold secrets. */
export function describeEnvironment({ config, command, jobs }: RunParameters): Readonly<Record<string, string>> {
  return {
    command,
    config: config.file ?? 'from the environment',
    'base systems': config.basesystems.map(({ name }) => name).join(', '),
    architectures: config.arches.join(', '),
    engine: config.engine.kind,
    crpm: __CRPM_VERSION__,
    node: process.version,
    system: `${readOsRelease().name}, Linux ${release()}, ${process.arch}`,
    processors: jobs === availableParallelism() ? String(jobs) : `${String(jobs)} of ${String(availableParallelism())}`,
    memory: formatSize(totalmem()),
  };
}
