import { fail } from '@crpm/core';
import { findProgram } from './program.js';

/** Words before an argv that take its network away; empty where this machine can't. */
export type Isolation = readonly string[];

// "$@" keeps the argv as it is; no value ever becomes part of the script. In a network namespace even loopback starts down, and test suites want it.
const WITH_LOOPBACK = ['sh', '-c', 'ip link set lo up 2>/dev/null; exec "$@"', 'sh'];

/**
 * `network: none` on this machine, best effort: a network namespace of its own, as root or through a user namespace that keeps the user's id. Where neither
 * is allowed (some distributions and containers), programs keep the network, as they have with plain rpmbuild.
 */
export async function findIsolation(path: string): Promise<Isolation> {
  const unshare = findProgram('unshare', path, '/');
  if (!unshare) return [];
  const { execa } = await import('execa');
  const ways = process.getuid?.() === 0 ? [['--net']] : [['--user', '--map-current-user', '--net']];
  for (const way of ways) {
    const probe = await execa(unshare, [...way, '--', 'true'], { reject: false, env: { PATH: path }, extendEnv: false, timeout: 10_000 });
    if (probe.exitCode === 0) return [unshare, ...way, '--', ...WITH_LOOPBACK];
  }
  return [];
}

export interface StandIn {
  /** Absolute folder that is to be seen at {@link at}. */
  readonly copy: string;
  readonly at: string;
  /** Absolute, as the program sees it. */
  readonly cwd: string;
  readonly online: boolean;
}

// Entered once more after the mount: until then the working folder is the one below it.
const WITH_MOUNT = ['sh', '-c', 'ip link set lo up 2>/dev/null; mount --bind -- "$1" "$2" && cd "$3" || exit 126; shift 3; exec "$@"', 'sh'];

/** Words before an argv that show it one folder at the path of another, in a mount namespace of its own, and take its network away where that is wanted and possible. */
export async function standIn(path: string, { copy, at, cwd, online }: StandIn): Promise<Isolation> {
  const unshare = findProgram('unshare', path, '/');
  const { execa } = await import('execa');
  const asWhom = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  for (const way of online ? [['--mount']] : [['--mount', '--net'], ['--mount']]) {
    if (!unshare) break;
    const words = [unshare, ...asWhom, ...way, '--', ...WITH_MOUNT, copy, at];
    const probe = await execa(words[0] ?? '', [...words.slice(1), at, 'true'], { reject: false, env: { PATH: path }, extendEnv: false, timeout: 10_000 });
    if (probe.exitCode === 0) return [...words, cwd];
  }
  return fail({
    class: 'environment',
    message: 'this machine lets nobody show a copy of a build tree at the path of the tree itself, which the files in it name',
    next: 'As root it works, or with user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0).',
  });
}
