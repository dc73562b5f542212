import { join } from 'node:path';
import type { Input, Json, NodeOutput, OutputFile, WorkspacePaths } from '@crpm/core';
import { Journal, realFs, type Fs } from '@crpm/state';

/** A good result of a node, as the journal keeps it. */
export interface NodeRecord {
  readonly type: 'node';
  readonly node: string;
  readonly kind: string;
  readonly run: string;
  /** When it was made, ISO 8601; stays when it is restored later. */
  readonly at: string;
  /** How long that took, milliseconds. */
  readonly ms: number;
  /** Of a kind with `ways`: how long each took the last time, milliseconds. */
  readonly times?: Readonly<Record<string, number>>;
  readonly fingerprint: string;
  /** False when an input changed while the node ran: then nobody knows which state the result belongs to. */
  readonly reusable: boolean;
  /** What the fingerprint was made of. */
  readonly inputs: readonly Input[];
  readonly output: RecordedOutput;
  /** The manifest in the shared store that it came from; absent: made on this machine. */
  readonly from?: string;
}

export interface RecordedOutput {
  /** Of the result's folder, relative to the workspace's state. */
  readonly folder: string;
  readonly files: readonly RecordedFile[];
  readonly data: Json;
  readonly digest: string;
}

export interface RecordedFile extends OutputFile {
  /** What lstat said, `<size>:<mtime>:<ctime>:<inode>`, times in nanoseconds. */
  readonly identity: string;
}

/** A result was found to hold what was recorded although lstat says something else (a hard link more changes ctime). */
interface SeenRecord {
  readonly type: 'seen';
  readonly node: string;
  /** Of the record that it is about. */
  readonly folder: string;
  /** In the order of its files. */
  readonly identities: readonly string[];
}

/** The last good result of a node, for `status` and `explain`. */
export interface HistoryEntry {
  readonly node: string;
  readonly kind: string;
  /** ISO 8601 */
  readonly at: string;
  readonly ms: number;
  readonly fingerprint: string;
  readonly inputs: readonly Input[];
  readonly output: NodeOutput;
}

/** The last good result of each node of a workspace. Earlier ones are in the store, by fingerprint. */
export class History {
  readonly #last = new Map<string, NodeRecord>();

  constructor(records: readonly Json[]) {
    // Whatever has a good checksum was written by this class.
    for (const record of records) this.#take(record as unknown as NodeRecord | SeenRecord);
  }

  /** The last good result, whatever it was made from. */
  last(node: string): NodeRecord | undefined {
    return this.#last.get(node);
  }

  all(): Iterable<NodeRecord> {
    return this.#last.values();
  }

  add(journal: Journal, record: NodeRecord): void {
    journal.append(record as unknown as Json);
    this.#take(record);
  }

  /** Remembers what lstat says of a result whose content was found to be right. */
  seen(journal: Journal, record: NodeRecord, identities: readonly string[]): void {
    const seen: SeenRecord = { type: 'seen', node: record.node, folder: record.output.folder, identities };
    journal.append(seen as unknown as Json);
    this.#take(seen);
  }

  #take(record: NodeRecord | SeenRecord): void {
    switch (record.type) {
      case 'node':
        this.#last.set(record.node, record);
        break;
      case 'seen': {
        const last = this.#last.get(record.node);
        if (last?.output.folder !== record.folder) break;
        const files = last.output.files.map((file, index) => ({ ...file, identity: record.identities[index] ?? file.identity }));
        this.#take({ ...last, output: { ...last.output, files } });
      }
    }
  }
}

export function journalFile(workspace: WorkspacePaths): string {
  return join(workspace.state, 'journal');
}

/** The last good result of each node. Only reads; may be called while a run is going on. */
export function readHistory(workspace: WorkspacePaths, fs: Fs = realFs): ReadonlyMap<string, HistoryEntry> {
  const history = new History(Journal.read(journalFile(workspace), fs));
  return new Map(
    [...history.all()].map((record) => {
      const { node, kind, at, ms, fingerprint, inputs } = record;
      return [node, { node, kind, at, ms, fingerprint, inputs, output: toOutput(workspace, record) }];
    }),
  );
}

/** A recorded result as dependents see it. */
export function toOutput(workspace: WorkspacePaths, { output }: NodeRecord): NodeOutput {
  return {
    dir: join(workspace.state, output.folder),
    files: output.files.map(({ path, size, digest }) => ({ path, size, digest })),
    data: output.data,
    digest: output.digest,
  };
}
