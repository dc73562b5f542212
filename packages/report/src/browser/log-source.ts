import { screenText } from '@crpm/core/screen-text';
import { chunkElementId, type LogCatalogue } from '../logs/catalogue.js';

/** The lines of a log, which come when they are asked for: only some chunks of it are in memory. */
export interface LogSource {
  readonly catalogue: LogCatalogue;
  /** The lines of a chunk, as they may be shown. */
  read(chunk: number): Promise<readonly string[]>;
}

export interface EmbeddedLog extends LogCatalogue {
  readonly node: string;
  /** Its number in the page. */
  readonly index: number;
}

/** A log that the page has in it. */
export function embeddedSource(log: EmbeddedLog): LogSource {
  return {
    catalogue: log,
    read: async (chunk) => {
      const text = document.getElementById(chunkElementId(log.index, chunk))?.textContent ?? '';
      return toLines(await decompress(text));
    },
  };
}

/** A log that is asked for at the server of the page; `address` has its catalogue, and below it its chunks. */
export function servedSource(address: string, run: string): LogSource & { refresh(): Promise<boolean> } {
  const query = `?run=${encodeURIComponent(run)}`;
  let catalogue: LogCatalogue = { path: '', bytes: 0, lines: 0, chunks: [] };
  return {
    get catalogue() {
      return catalogue;
    },
    read: async (chunk) => toLines(await (await fetch(`${address}/${String(chunk)}${query}`)).text()),
    /** Whether there is more than before. */
    refresh: async () => {
      const response = await fetch(`${address}${query}`);
      if (!response.ok) return false;
      const before = catalogue.bytes;
      catalogue = (await response.json()) as LogCatalogue;
      return catalogue.bytes !== before;
    },
  };
}

function toLines(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map(screenText);
}

async function decompress(base64: string): Promise<string> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
}
