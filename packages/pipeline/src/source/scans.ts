import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { InputContext } from '@crpm/core';
import { scanTree, type Manifest, type TakeLook } from '@crpm/sources';

import { readPlace } from '../compile/ids.js';
import type { TreePlace } from '../params.js';

/** Which of a node's trees. */
export type Role = 'tree' | 'spec';

/** Folders that QEMU's and libvirt's git ignores, and yet builds without network need: what `meson subprojects download` fetched. */
const ALSO_IGNORED = ['subprojects'];

/**
 * Scans of trees. The one that a node's fingerprint was made from is the one that is recorded, even when the tree changes in
 * between; so it is kept until the node asks for it. Nodes that look at one tree at the same time, each with a spec of its own, look once.
 */
export class Scans {
  readonly #kept = new Map<string, Manifest>();
  readonly #running = new Map<string, Promise<Manifest>>();
  readonly #look: TakeLook | undefined;

  constructor(look?: TakeLook) {
    this.#look = look;
  }

  /** Looks at a user's folder now, and keeps what was seen. */
  async look(context: InputContext, role: Role, dir: string): Promise<Manifest> {
    const manifest = await this.#scan(context, role, { kind: 'dir', dir }, dir);
    this.#kept.set(keyOf(context, role), manifest);
    return manifest;
  }

  /** What was seen when the fingerprint was made; else, what is there now. Each time it is asked a later one. */
  async take(context: InputContext, role: Role, place: TreePlace, dir: string): Promise<Manifest> {
    const kept = this.#kept.get(keyOf(context, role));
    this.#kept.delete(keyOf(context, role));
    return kept ?? this.#scan(context, role, place, dir);
  }

  #scan(context: InputContext, role: Role, place: TreePlace, dir: string): Promise<Manifest> {
    const key = `${memoryFile(context, role)}\n${dir}`;
    const running = this.#running.get(key);
    if (running) return running;
    const started = scan(context, role, place, dir, this.#look).finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }
}

/** Where is kept what is remembered of a tree: one file for each suffix. The nodes of a package share what they remember of its tree; specs are their own. */
export function memoryFile({ workspace, node }: InputContext, role: Role, suffix = ''): string {
  const folder = join(workspace.state, 'scans');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${role === 'tree' ? readPlace(node.id).id : node.id}.${role}${suffix}`);
}

function keyOf({ node }: InputContext, role: Role): string {
  return `${node.id} ${role}`;
}

function scan(context: InputContext, role: Role, place: TreePlace, dir: string, look?: TakeLook): Promise<Manifest> {
  const options = { cacheFile: memoryFile(context, role), signal: context.signal, look };
  if (place.kind !== 'dir') return scanTree(dir, { ...options, asFolder: true });
  return scanTree(dir, role === 'tree' ? { ...options, alsoIgnored: ALSO_IGNORED } : options);
}
