import type { ChunkEntry } from '../logs/catalogue.js';
import type { LogSource } from './log-source.js';

/** Chunks in memory at the same time. */
const KEPT = 24;

/** Lines of a log by number, out of as many chunks as fit in memory. */
export class LogLines {
  readonly #source: LogSource;
  /** The least recently used first. */
  readonly #chunks = new Map<number, { readonly lines: readonly string[]; readonly of: number }>();
  readonly #coming = new Set<number>();
  /** Why a chunk could not be read: the server is gone, or the browser is too old to unpack it. */
  readonly #failed = new Map<number, string>();

  constructor(source: LogSource) {
    this.#source = source;
  }

  get count(): number {
    return this.#source.catalogue.lines;
  }

  /** The line if it is at hand; else `arrived` is called once it may be. */
  at(line: number, arrived: () => void): string | undefined {
    const index = this.chunkOf(line);
    const entry = this.#entry(index);
    if (!entry) return undefined;
    if (entry.leftOut !== undefined) return line === entry.firstLine ? leftOutText(entry) : '';
    const chunk = this.#chunks.get(index);
    if (chunk?.of === entry.lines) return chunk.lines[line - entry.firstLine] ?? '';
    const failure = this.#failed.get(index);
    if (failure !== undefined) return line === entry.firstLine ? `… ${String(entry.lines)} lines can't be read: ${failure} …` : '';
    if (!this.#coming.has(index)) void this.read(index).then(arrived, arrived);
    return undefined;
  }

  async read(index: number): Promise<readonly string[]> {
    const entry = this.#entry(index);
    if (!entry || entry.leftOut !== undefined) return [];
    const kept = this.#chunks.get(index);
    if (kept?.of === entry.lines) return kept.lines;
    this.#coming.add(index);
    try {
      const lines = await this.#source.read(index);
      this.#chunks.delete(index);
      this.#chunks.set(index, { lines, of: entry.lines });
      for (const old of this.#chunks.keys()) if (this.#chunks.size > KEPT) this.#chunks.delete(old);
      this.#failed.delete(index);
      return lines;
    } catch (error) {
      this.#failed.set(index, error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      this.#coming.delete(index);
    }
  }

  get chunks(): readonly ChunkEntry[] {
    return this.#source.catalogue.chunks;
  }

  /** The chunk that has a line, by halving. */
  chunkOf(line: number): number {
    const { chunks } = this;
    let [low, high] = [0, chunks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((chunks[middle]?.firstLine ?? 0) <= line) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #entry(index: number): ChunkEntry | undefined {
    return this.chunks[index];
  }
}

function leftOutText({ lines, leftOut = 0 }: ChunkEntry): string {
  return `… ${String(lines)} lines (${String(Math.round(leftOut / 1024 ** 2))} MiB) are not in this page …`;
}
