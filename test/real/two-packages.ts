import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '@crpm/core';
import type { RpmsFact } from '@crpm/pipeline/facts';
import { execa } from 'execa';
import { debianTarball } from '../support/debian-source.js';

/** Unpacks a Debian source as upstream published it. */
export async function unpackSource(name: string, dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  await execa('tar', ['-xf', await debianTarball(name), '--strip-components=1', '-C', dir]);
}

/** Makes a git tree with one commit of a folder, and edits a file in it. */
export function changeWithoutCommitting(dir: string, path: string, from: string, to: string): void {
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-c', 'gc.auto=0', ...args], { cwd: dir, stdio: 'ignore' });
  git('init', '-q');
  git('add', '-A', '-f');
  git('commit', '-q', '-m', 'as released');
  const file = join(dir, path);
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${path} is not as it was`);
  writeFileSync(file, changed);
}

/** Of the sources of a config, those of libvirt-dbus and the tools of QEMU. */
export function sourcesOf(qemu: string): string {
  return `sources:
  libvirt-dbus:
    dir: libvirt-dbus
    kind: meson-dist
    spec: { tree: libvirt-dbus.spec.in }
    pin: { variable: LIBVIRT_DBUS_VERSION, rpms: [libvirt-dbus] }
  qemu:
    dir: ${qemu}
    spec: { dir: qemu-kvm }
    pin: { variable: QEMU_VERSION, rpms: [qemu-img] }
`;
}

/** A base system on the tests' image. */
export function basesystemOn(image: string): string {
  return `basesystem: debian-as-el9
arch: x86_64
basesystems:
  debian-as-el9:
    image: ${image}
    dist: .el9
    stream: 9
    # Debian's systemd has its units there.
    macros: { _unitdir: /lib/systemd/system }
    kubevirtBasesystem: centos-stream-release
`;
}

/** Names, sizes and times of everything in a tree, `.git` included. */
export function stateOfTree(dir: string): string {
  return execFileSync('find', ['.', '-printf', '%p %s %T@ %C@\n'], { cwd: dir, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\n').sort().join('\n');
}

export function eventsOf(ndjson: string): readonly Event[] {
  return ndjson.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Event);
}

export function finished(events: readonly Event[], node: string) {
  const found = events.find((event) => event.type === 'node-finished' && event.node === node);
  if (found?.type !== 'node-finished') throw new Error(`${node} did not finish`);
  return found;
}

export function rpmsOf(events: readonly Event[], node: string): RpmsFact['rpms'] {
  return (finished(events, node).data as unknown as RpmsFact).rpms;
}

/** Whether two nodes ran at the same time. */
export function overlap(events: readonly Event[], one: string, other: string): boolean {
  const at = (type: 'node-started' | 'node-finished', node: string) => events.find((event) => event.type === type && event.node === node)?.at ?? 0;
  return at('node-started', one) < at('node-finished', other) && at('node-started', other) < at('node-finished', one);
}

/** The text in one file of an RPM in a published repository, `…/by-sha256`. */
export function textInRpm(repository: string, rpms: RpmsFact['rpms'], name: string, path: string): string {
  const rpm = rpms.find((built) => built.name === name);
  const file = join(repository, rpm?.sha256 ?? '', rpm?.file ?? '');
  return execFileSync('sh', ['-c', 'rpm2archive - <"$1" | tar -xzO ".$2"', 'sh', file, path], { encoding: 'latin1', maxBuffer: 64 * 1024 * 1024 });
}
