/** What a page knows of a log: where its lines are. Plain JSON. */
export interface LogCatalogue {
  /** Absolute path on the machine of the run. */
  readonly path: string;
  /** Of the whole log. */
  readonly bytes: number;
  readonly lines: number;
  /** In their order. */
  readonly chunks: readonly ChunkEntry[];
}

export interface ChunkEntry {
  /** From 0. */
  readonly firstLine: number;
  readonly lines: number;
  /** Bytes that are not in the page: the chunk stands for them, and is shown as one line. */
  readonly leftOut?: number;
}

/** Of the element that holds a chunk in a page. */
export function chunkElementId(log: number, chunk: number): string {
  return `log-${String(log)}-${String(chunk)}`;
}
