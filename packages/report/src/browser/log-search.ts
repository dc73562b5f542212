import type { LogLines } from './log-lines.js';

/** Matches kept at most. */
const MOST = 100_000;

export interface Search {
  /** Numbers of the lines that match, in their order, as far as it has looked. */
  readonly found: readonly number[];
  readonly done: boolean;
  /** There are more than are kept. */
  readonly cut: boolean;
}

/** Looks through a log for a text, whatever its case, chunk by chunk; between them the page can do other things. `told` hears after each. */
export async function searchLog(lines: LogLines, text: string, told: (search: Search) => void, signal: AbortSignal): Promise<void> {
  const wanted = text.toLowerCase();
  const found: number[] = [];
  for (let index = 0; index < lines.chunks.length; index++) {
    const first = lines.chunks[index]?.firstLine ?? 0;
    const chunk = await lines.read(index).catch((): readonly string[] => []);
    if (signal.aborted) return;
    for (const [at, line] of chunk.entries()) if (found.length < MOST && line.toLowerCase().includes(wanted)) found.push(first + at);
    told({ found, done: index === lines.chunks.length - 1 || found.length >= MOST, cut: found.length >= MOST });
    if (found.length >= MOST) return;
    // Chunks at hand come at once: the screen gets its turn all the same.
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return;
  }
  if (lines.chunks.length === 0) told({ found, done: true, cut: false });
}
