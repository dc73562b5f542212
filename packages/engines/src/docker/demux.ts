import { ByteReader } from '@crpm/archive';
import type { OutputSink } from '@crpm/core';
import { LineSplitter } from '../lines.js';

const STDERR = 2;

/**
 * Reads the engine's multiplexed stream (8 bytes of header: stream, 3 zeros, length; then the bytes) into lines, each stream's own. Reading waits for the
 * sink, so that a slow reader slows the program down and memory stays bounded.
 * Resolves at the end of the stream, which says nothing about the program; a frame that is cut is treated as the end.
 */
export async function demultiplex(stream: AsyncIterable<Uint8Array>, sink: OutputSink): Promise<void> {
  const out = new LineSplitter((line) => sink.line(line));
  const error = new LineSplitter((line) => sink.line(line));
  const reader = new ByteReader(stream);
  try {
    for (;;) {
      const header = await reader.exactly(8);
      if (!header) return;
      const target = header[0] === STDERR ? error : out;
      let left = header.readUInt32BE(4);
      while (left > 0) {
        const chunk = await reader.some(left);
        if (!chunk) return;
        left -= chunk.length;
        target.write(chunk);
      }
    }
  } finally {
    out.end();
    error.end();
  }
}
