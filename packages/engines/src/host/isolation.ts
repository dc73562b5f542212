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
