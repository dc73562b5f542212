import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { NodeLayout } from './settings.js';

const HIERARCHIES = '/sys/fs/cgroup';

export interface NodeObject {
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[] };
}

export function isReady({ status }: NodeObject): boolean {
  return status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
}

/** A cgroup of a node's own, by which all that ran in its pods is found in the end. */
export function makeCgroups(name: string): void {
  for (const hierarchy of readdirSync(HIERARCHIES)) {
    if (hierarchy === 'unified') continue;
    mkdirSync(join(HIERARCHIES, hierarchy, name), { recursive: true });
  }
  for (const file of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(join(HIERARCHIES, 'cpuset', name, file), readFileSync(join(HIERARCHIES, 'cpuset', file)));
}

/** What a node whose containerd is dead leaves on this machine, but for its folder. */
export async function clearNode({ dir, cgroup }: Pick<NodeLayout, 'dir' | 'cgroup'>): Promise<void> {
  // Without a name, all that runs on this machine would be meant.
  if (!/^crpm-[0-9a-f]{6}(-second)?$/.test(cgroup) || !dir.startsWith('/')) throw new Error(`no node of the tests’: ${dir}, ${cgroup}`);
  // Shims outlive containerd, and containers their shims: those of our socket, and what runs in our cgroup.
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (commandOf(pid).includes(`${dir}/containerd.sock`)) kill(Number(pid));
  }
  for (let round = 0; round < 20; round++) {
    const pids = ['memory', 'pids'].flatMap((hierarchy) => processesBelow(join(HIERARCHIES, hierarchy, cgroup)));
    if (pids.length === 0) break;
    for (const pid of pids) kill(pid);
    await delay(100);
  }
  const points = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4] ?? '');
  for (const point of points.filter((path) => path.startsWith(`${dir}/`)).reverse()) await execa('umount', ['--lazy', point], { reject: false });
  for (const hierarchy of readdirSync(HIERARCHIES)) await execa('find', [join(HIERARCHIES, hierarchy, cgroup), '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'], { reject: false });
}

function processesBelow(folder: string): readonly number[] {
  try {
    const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    return [...own, ...readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? processesBelow(join(folder, entry.name)) : []))];
  } catch {
    return [];
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
