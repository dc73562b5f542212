import { readFileSync } from 'node:fs';
import { fail, type Basesystem } from '@crpm/core';

/** What a distribution says it is. */
export interface OsRelease {
  /** `ID`: `debian`, `centos`. */
  readonly id: string;
  /** `ID_LIKE`, nearest first: `rhel`, `fedora`. */
  readonly like: readonly string[];
  /** `VERSION_ID`, whole: `12`, `9`, `41`; empty on rolling distributions. */
  readonly version: string;
  /** `PRETTY_NAME`, for people. */
  readonly name: string;
}

/** Parses os-release(5). */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z0-9_]+)=(.*)$/.exec(line);
    if (!match) continue;
    const raw = match[2]!.trim();
    const quoted = /^"(.*)"$|^'(.*)'$/.exec(raw);
    values.set(match[1]!, (quoted ? (quoted[1] ?? quoted[2]!) : raw).replace(/\\(["'$`\\])/g, '$1'));
  }
  const id = values.get('ID') ?? 'linux';
  const version = values.get('VERSION_ID') ?? '';
  const like = (values.get('ID_LIKE') ?? '').split(' ').filter(Boolean);
  return { id, like, version, name: values.get('PRETTY_NAME') ?? `${id} ${version}`.trim() };
}

export function readOsRelease(): OsRelease {
  for (const file of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return parseOsRelease(readFileSync(file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return { id: process.platform, like: [], version: '', name: process.platform };
}

/** Whether RPMs built on this machine are RPMs of that basesystem. A basesystem that says nothing about its os-release is nobody's. */
export function isThisMachine(basesystem: Basesystem, machine: OsRelease): boolean {
  if (basesystem.base.kind === 'host') return true;
  const wanted = basesystem.osRelease;
  return wanted !== undefined && wanted.id === machine.id && wanted.version === machine.version.split('.')[0];
}

/** @throws FailureError `environment`: an RPM built on another distribution must never be served as this basesystem's. */
export function assertHostBasesystem(basesystem: Basesystem, machine: OsRelease): void {
  if (isThisMachine(basesystem, machine)) return;
  fail({
    class: 'environment',
    message: `this machine is ${machine.name}; RPMs for basesystem ${basesystem.name} can't be built on it directly`,
    next: 'Set engine: docker (crpm doctor says what it needs), or basesystem: host to build for this machine’s own distribution.',
  });
}
