import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Json, NodeKind, OutputFile, WorkspacePaths } from '@crpm/core';
import { errorCode, makeFolder, ResultCache, Store, sweepLeftovers, syncFolder, temporaryName, type CachedResult, type Fs, type Journal, type RemoteResult } from '@crpm/state';
import { contextOf, type Grounds, type Question } from './decide.js';
import { isSelfContained } from './earlier.js';
import { recordable } from './fingerprint.js';
import type { History, NodeRecord, RecordedFile } from './history.js';
import { timesWith } from './last-time.js';
import { fileNameOf } from './names.js';
import { collectOutput, identitiesOf, makeParents, outputDigest, withoutHere } from './outputs.js';

/** What is known of a result beside its output. */
export type ResultFacts = Pick<NodeRecord, 'node' | 'kind' | 'run' | 'at' | 'ms' | 'fingerprint' | 'reusable' | 'inputs' | 'from' | 'times'>;

/**
 * Where results live: `<state>/results/<node>/<random>/`, the files also in the store. A result is filled under a temporary name, becomes
 * durable, gets its place by rename, then its record, and only then goes the one before: whenever that is cut off, there is one whole result.
 */
export class Results {
  readonly #fs: Fs;
  readonly #state: string;
  readonly #store: Store;
  readonly #cache: ResultCache;
  readonly #history: History;
  readonly #journal: Journal;
  readonly #warn: (text: string) => void;

  constructor(options: { fs: Fs; workspace: WorkspacePaths; history: History; journal: Journal; warn: (text: string) => void }) {
    this.#fs = options.fs;
    this.#state = options.workspace.state;
    this.#store = new Store(options.workspace.cache, options.fs);
    this.#cache = new ResultCache(options.workspace.cache, options.fs);
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

  /** Makes what a node left in its folder, and what it reported, its result; and keeps it for all who would make it from the same. */
  async keep(out: string, data: Json, facts: ResultFacts, kind: NodeKind): Promise<NodeRecord> {
    return this.#keep(out, await collectOutput(this.#fs, out), data, facts, kind);
  }

  /** Makes what somebody else made the result of a node. Nothing if a part of it is not to be had, or is not what it should be; then that was told. */
  async adopt({ result, from, fill, refuse }: RemoteResult, { node, kind, needs }: Question, grounds: Grounds): Promise<NodeRecord | undefined> {
    const out = this.open(node.id);
    try {
      if (!(await fill(out, grounds.signal))) return undefined;
      const files = await collectOutput(this.#fs, out);
      const { data, digest, at, ms, fingerprint, inputs } = result;
      const why = outputDigest(files, data) === digest ? await kind.shared?.check(node.params, { dir: out, files, data, digest }, contextOf(node, needs, grounds)) : 'its files are not those that it names';
      if (why !== undefined) {
        refuse(why);
        return undefined;
      }
      return await this.#keep(out, files, data, { node: node.id, kind: kind.name, run: '', at, ms, fingerprint, reusable: true, inputs, from }, kind);
    } finally {
      this.discard(out);
    }
  }

  async #keep(out: string, files: readonly OutputFile[], data: Json, facts: ResultFacts, kind: NodeKind): Promise<NodeRecord> {
    const stored = await this.#cached(`keep the result of ${facts.node} in the store`, async () => {
      for (const { path, digest } of files) await this.#store.add(join(out, path), hex(digest));
    });
    // Before it gets its place: of what is killed in between, the next run finds the result in the store.
    if (stored && facts.reusable && isSelfContained(kind, { files })) await this.#cached(`keep the result of ${facts.node} in the store`, () => { this.#cache.keep(toCached(facts, files, data)); });
    const before = this.#history.last(facts.node);
    return this.#place(out, files.map((file) => ({ ...file, identity: '' })), data, { ...facts, ...(facts.from === undefined ? timesWith(kind, before, { data, ms: facts.ms }) : {}) });
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
      const restored = this.#place(out, record.output.files, record.output.data, { ...record, times: { ...record.times, ...this.#history.last(record.node)?.times } });
      await this.#cached('note the use of the store', () => this.#cache.noteUse([record.fingerprint]));
      return restored;
    } finally {
      this.discard(out);
    }
  }

  /** A record of the store that does not hold what it should goes out of the way. */
  setAside(fingerprint: string): void {
    void this.#cached('set a damaged record aside', () => {
      this.#warn(`an earlier result in the store was damaged, and what it is of is made again; it is set aside in ${this.#cache.setAside(fingerprint)}`);
    });
  }

  #place(out: string, files: readonly RecordedFile[], data: Json, facts: ResultFacts): NodeRecord {
    const { node, kind, run, at, ms, times, fingerprint, reusable, from } = facts;
    const folder = join('results', fileNameOf(node), randomBytes(8).toString('hex'));
    const place = join(this.#state, folder);
    makeFolder(this.#fs, dirname(place), 0o700);
    this.#fs.rename(out, place);
    syncFolder(this.#fs, dirname(place));
    const identities = identitiesOf(this.#fs, place, files);
    const record: NodeRecord = {
      type: 'node', node, kind, run, at, ms, fingerprint, reusable, inputs: recordable(facts.inputs),
      output: { folder, files: files.map((file, index) => ({ ...file, identity: identities[index] ?? '' })), data, digest: outputDigest(files, data) },
      ...(from === undefined ? {} : { from }),
      ...(times && Object.keys(times).length > 0 ? { times } : {}),
    };
    this.#history.add(this.#journal, record);
    return record;
  }

  /** The store is a cache: without it the result stands all the same. */
  async #cached(what: string, action: () => Promise<void> | void): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      this.#warn(`can't ${what}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }

  #temporary(): string {
    return join(this.#state, 'tmp');
  }
}

export function toCached({ fingerprint, node, kind, at, ms, inputs, from }: ResultFacts, files: readonly OutputFile[], data: Json): CachedResult {
  return { fingerprint, node, kind, at, ms, inputs: recordable(inputs), files, data: withoutHere(data), digest: outputDigest(files, data), ...(from === undefined ? {} : { from }) };
}

function hex(digest: string): string {
  return digest.slice('sha256:'.length);
}
