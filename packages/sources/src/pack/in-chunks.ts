/** Bytes held at a time. */
export const CHUNK = 256 * 1024;

/** Joins pieces, each valid until the next one is asked for, to chunks of {@link CHUNK}: a stream costs much more per chunk than a copy does. */
export function* inChunks(pieces: Iterable<Buffer>): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK);
  let filled = 0;
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      const copied = piece.copy(chunk, filled, from);
      from += copied;
      filled += copied;
      if (filled < CHUNK) continue;
      yield chunk;
      chunk = Buffer.allocUnsafe(CHUNK);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
