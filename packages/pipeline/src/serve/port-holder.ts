import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Who listens on a TCP port of this machine. */
export interface PortHolder {
  readonly pid: number;
  /** Its command line, cut to 80 characters. */
  readonly command: string;
}

/** Best effort, for an error message: nothing where /proc does not tell (another user's process, another system). */
export function findPortHolder(port: number): PortHolder | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningInodes(readText(file), port)));
  if (inodes.size === 0) return undefined;
  for (const entry of list('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const holds = list(`/proc/${entry}/fd`).some((fd) => inodes.has(/^socket:\[(\d+)\]$/.exec(readLink(`/proc/${entry}/fd/${fd}`))?.[1] ?? ''));
    if (holds) return { pid: Number(entry), command: readText(`/proc/${entry}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 80) };
  }
  return undefined;
}

/** Inodes of the sockets in state LISTEN (0A) on a port, from the text of `/proc/net/tcp`. */
export function listeningInodes(table: string, port: number): readonly string[] {
  return table.split('\n').slice(1).flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === '0A' && inode !== undefined && parseInt(local.split(':')[1] ?? '', 16) === port ? [inode] : [];
  });
}

const quietly = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};
const list = (dir: string): readonly string[] => quietly(() => readdirSync(dir), []);
const readLink = (path: string): string => quietly(() => readlinkSync(path), '');
const readText = (file: string): string => quietly(() => readFileSync(file, 'utf8'), '');
