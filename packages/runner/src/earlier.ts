import { join } from 'node:path';
import { unreachable, type GraphNode, type NodeKind, type OutputFile } from '@crpm/core';
import { ResultCache, Store, type CachedResult, type Fs } from '@crpm/state';
import type { Difference } from './difference.js';
import { dependencies } from './fingerprint.js';
import type { NodeRecord } from './history.js';
import { fileNameOf } from './names.js';

/** A result that was made from the same before, or why there is none to be had, where that is worth telling. */
export type Found = { readonly record: NodeRecord } | { readonly record?: undefined; readonly why?: Difference };

/** Results that can come back from the store: of earlier states of this workspace, and of other workspaces. Only reads. */
export class Earlier {
  readonly #store: Store;
  readonly #cache: ResultCache;
  readonly #onDamage: (fingerprint: string) => void;
  #all: readonly CachedResult[] | undefined;

  /** `onDamage` hears of records that don't hold what they should. */
  constructor(options: { readonly cache: string; readonly fs: Fs; readonly onDamage?: (fingerprint: string) => void }) {
    this.#store = new Store(options.cache, options.fs);
    this.#cache = new ResultCache(options.cache, options.fs);
    this.#onDamage = options.onDamage ?? (() => {});
  }

  /** Whether all files of a result may be in the store; only restoring them can tell if they are whole. */
  has({ files }: { readonly files: readonly OutputFile[] }): boolean {
    return files.every(({ digest }) => this.#store.has(hex(digest)));
  }

  /** `last`: the node's last result, if it is one of this fingerprint. */
  find(node: GraphNode, kind: NodeKind, fingerprint: string, last: NodeRecord | undefined): Found {
    if (!hasFilesOnly(kind)) return {};
    if (last && isSelfContained(kind, last.output) && this.has(last.output)) return { record: last };
    const lookup = this.#cache.find(fingerprint);
    switch (lookup.state) {
      case 'found':
        if (this.has(lookup.result)) return { record: toRecord(node, lookup.result) };
        return { why: this.#whyGone(lookup.result.files) };
      case 'evicted':
        return { why: evicted(lookup.at) };
      case 'damaged':
        this.#onDamage(fingerprint);
        return { why: { what: 'store', text: "the store's record of its result was damaged" } };
      case 'absent':
        return {};
      default:
        return unreachable(lookup);
    }
  }

  /** Whether there is a result that agrees with all that is known of a node whose needs have none yet. */
  mayFind(node: GraphNode, kind: NodeKind): boolean {
    if (!hasFilesOnly(kind)) return false;
    const known = dependencies(node, kind, [], new Map());
    this.#all ??= this.#cache.all();
    return this.#all.some((result) => {
      if (result.kind !== kind.name) return false;
      const inputs = new Map(result.inputs.map(({ name, value }) => [name, value]));
      return known.every(({ name, value }) => inputs.get(name) === value) && this.has(result);
    });
  }

  #whyGone(files: readonly OutputFile[]): Difference {
    const gone = files.map(({ digest }) => hex(digest)).find((sha256) => !this.#store.has(sha256));
    const at = gone === undefined ? undefined : this.#store.evictedAt(gone);
    return at === undefined ? { what: 'store', text: 'the store no longer has its result' } : evicted(at);
  }
}

/** `at`: milliseconds since the epoch. */
function evicted(at: number): Difference {
  return { what: 'evicted', at: new Date(at).toISOString() };
}

function hex(digest: string): string {
  return digest.slice('sha256:'.length);
}

/**
 * Whether a result may come back with its files alone. What a node did elsewhere (a server, an image, files in a tree) does not, and a kind that has such
 * effects says so by having one of the hooks.
 */
export function isSelfContained(kind: NodeKind, { files }: { readonly files: readonly OutputFile[] }): boolean {
  return hasFilesOnly(kind) && files.length > 0;
}

function hasFilesOnly(kind: NodeKind): boolean {
  return kind.stale === undefined && kind.missing === undefined;
}

/** As a record that is not in place yet: its folder is never there. */
export function toRecord(node: GraphNode, { kind, at, ms, fingerprint, inputs, files, data, digest, from }: CachedResult): NodeRecord {
  const folder = join('results', fileNameOf(node.id), 'in-the-store');
  const output = { folder, files: files.map((file) => ({ ...file, identity: '' })), data, digest };
  return { type: 'node', node: node.id, kind, run: '', at, ms, fingerprint, reusable: true, inputs, output, ...(from === undefined ? {} : { from }) };
}
