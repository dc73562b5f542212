import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told apart from any other that ever had or will have its pid, on any machine. Plain JSON. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to its start (`/proc/<pid>/stat`, field 22); empty where there is no /proc. */
  readonly start: string;
  /** `/proc/sys/kernel/random/boot_id`; empty where there is none. */
  readonly boot: string;
  readonly host: string;
  /** The pid namespace (`pid:[4026531836]`): in another container the same pid is somebody else. */
  readonly namespace: string;
}

/** `unknown`: on another machine or in another container, where nobody here can look. */
export type Liveness = 'alive' | 'dead' | 'unknown';

let self: ProcessIdentity | undefined;

export function ownIdentity(): ProcessIdentity {
  return (self ??= {
    pid: process.pid,
    start: processStat(process.pid)?.start ?? '',
    boot: quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '',
    host: hostname(),
    namespace: quietly(() => readlinkSync('/proc/self/ns/pid')) ?? '',
  });
}

export function liveness(other: ProcessIdentity): Liveness {
  const own = ownIdentity();
  if (other.boot !== own.boot) return other.host === own.host ? 'dead' : 'unknown';
  if (own.boot === '' && other.host !== own.host) return 'unknown';
  if (other.namespace !== own.namespace) return 'unknown';
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  // With hidepid the /proc entry of a living process is not to be seen: then its pid alone must do.
  const stat = processStat(other.pid);
  if (!stat || other.start === '') return 'alive';
  return stat.start === other.start && !stat.zombie ? 'alive' : 'dead';
}

/**
 * A name for a temporary file that says whose it is, so that what a dead process left can be told from what a living one uses:
 * `<stem>.crpm-<host>-<boot>-<pid>-<start>-<random>`. Host and boot are hashes.
 */
export function temporaryName(stem: string): string {
  const own = ownIdentity();
  return `${stem}.crpm-${hostTag(own)}-${tag(own.boot)}-${String(own.pid)}-${own.start || '0'}-${randomBytes(6).toString('hex')}`;
}

const TEMPORARY = /\.crpm-([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{12}$/;

/** Whether a name was made by {@link temporaryName} in a process that is surely gone. */
export function isLeftover(name: string): boolean {
  const match = TEMPORARY.exec(name);
  if (!match) return false;
  const [, host, boot, pid, start] = match;
  const own = ownIdentity();
  if (host !== hostTag(own)) return false;
  if (boot !== tag(own.boot)) return true;
  return liveness({ ...own, pid: Number(pid), start: start === '0' ? '' : (start ?? '') }) === 'dead';
}

function hostTag(identity: ProcessIdentity): string {
  return tag(`${identity.host}\0${identity.namespace}`);
}

function tag(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function processStat(pid: number): { start: string; zombie: boolean } | undefined {
  const text = quietly(() => readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  if (text === undefined) return undefined;
  // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const start = fields[19];
  return start === undefined ? undefined : { start, zombie: state === 'Z' || state === 'X' };
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
