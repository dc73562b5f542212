import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Json, WorkspacePaths } from '@crpm/core';
import { errorCode, Store, sweepLeftovers, syncFolder, temporaryName, type Fs, type Journal } from '@crpm/state';
import { recordable } from './fingerprint.js';
import type { History, NodeRecord, RecordedFile } from './history.js';
import { fileNameOf } from './names.js';
import { collectOutput, identitiesOf, makeParents, outputDigest } from './outputs.js';

/** What is known of a result beside its output. */
export type ResultFacts = Pick<NodeRecord, 'node' | 'kind' | 'run' | 'at' | 'ms' | 'fingerprint' | 'reusable' | 'inputs'>;

/**
 * Where results live: `<state>/results/<node>/<random>/`, the files also in the store. A result is filled under a temporary name, becomes
 * durable, gets its place by rename, then its record, and only then goes the one before: whenever that is cut off, there is one whole result.
 */
export class Results {
  readonly #fs: Fs;
  readonly #state: string;
  readonly #store: Store;
  readonly #history: History;
  readonly #journal: Journal;
  readonly #warn: (text: string) => void;
  readonly #renewed = new Set<string>();

  constructor(options: { fs: Fs; workspace: WorkspacePaths; history: History; journal: Journal; warn: (text: string) => void }) {
    this.#fs = options.fs;
    this.#state = options.workspace.state;
    this.#store = new Store(options.workspace.cache, options.fs);
    this.#history = options.history;
    this.#journal = options.journal;
    this.#warn = options.warn;
    this.#fs.mkdir(this.#temporary(), 0o700);
    sweepLeftovers(this.#temporary(), this.#fs);
  }

  /** A fresh, empty folder for a node to fill. */
  open(node: string): string {
    const out = join(this.#temporary(), temporaryName(fileNameOf(node)));
    this.#fs.mkdir(out, 0o700);
    return out;
  }

  discard(out: string): void {
    this.#fs.remove(out);
  }

  /** Makes what a node left in its folder, and what it reported, its result. */
  async keep(out: string, data: Json, facts: ResultFacts): Promise<NodeRecord> {
    const files = await collectOutput(this.#fs, out);
    for (const file of files) await this.#addToStore(join(out, file.path), file.digest);
    return this.#place(out, files.map((file) => ({ ...file, identity: '' })), data, facts);
  }

  /** Makes an earlier result the current one again, from the store. Nothing if a part of it is not to be had. */
  async restore(record: NodeRecord): Promise<NodeRecord | undefined> {
    const out = this.open(record.node);
    try {
      for (const file of record.output.files) {
        makeParents(this.#fs, out, file.path);
        const hit = await this.#store.restore(hex(file.digest), join(out, file.path));
        if (hit === 'damaged') this.#warn(`the store's copy of ${file.path} of ${record.node} was damaged; it is set aside in ${this.#store.badFolder}`);
        if (hit !== 'restored') return undefined;
      }
      return this.#place(out, record.output.files, record.output.data, record);
    } finally {
      this.discard(out);
    }
  }

  /** Whether all of a result may be in the store; only {@link restore} can tell if it is whole. */
  mayRestore(record: NodeRecord): boolean {
    return record.output.files.every((file) => this.#store.has(hex(file.digest)));
  }

  #place(out: string, files: readonly RecordedFile[], data: Json, facts: ResultFacts): NodeRecord {
    const { node, kind, run, at, ms, fingerprint, reusable } = facts;
    const folder = join('results', fileNameOf(node), randomBytes(8).toString('hex'));
    const place = join(this.#state, folder);
    this.#fs.mkdir(dirname(place), 0o700);
    this.#fs.rename(out, place);
    syncFolder(this.#fs, dirname(place));
    const identities = identitiesOf(this.#fs, place, files);
    const record: NodeRecord = {
      type: 'node', node, kind, run, at, ms, fingerprint, reusable, inputs: recordable(facts.inputs),
      output: { folder, files: files.map((file, index) => ({ ...file, identity: identities[index] ?? '' })), data, digest: outputDigest(files, data) },
    };
    this.#history.add(this.#journal, record);
    this.#renewed.add(node);
    return record;
  }

  /**
   * Removes the results that newer ones took the place of, and those whose record never came to be. At the end of a run: until then a
   * node may still read what it was given.
   */
  removeReplaced(): void {
    for (const node of this.#renewed) {
      const kept = this.#history.last(node)?.output.folder;
      const parent = join('results', fileNameOf(node));
      for (const name of this.#fs.readdir(join(this.#state, parent))) {
        if (join(parent, name) !== kept) this.#fs.remove(join(this.#state, parent, name));
      }
    }
    this.#renewed.clear();
  }

  /** The store is a cache: without it the result stands all the same. */
  async #addToStore(file: string, digest: string): Promise<void> {
    try {
      await this.#store.add(file, hex(digest));
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      this.#warn(`can't keep ${file} in the store: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #temporary(): string {
    return join(this.#state, 'tmp');
  }
}

function hex(digest: string): string {
  return digest.slice('sha256:'.length);
}
