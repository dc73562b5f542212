import { createHash, hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { realFs, type Fs } from './fs.js';

const CHUNK = 4 * 1024 * 1024;

/** What a file holds. */
export interface FileDigest {
  /** Hex sha256 of the content. */
  readonly sha256: string;
  /** bytes */
  readonly size: number;
}

/** Reads a file once, in pieces, letting others run between them. `each` sees the pieces, to copy them; it must not keep them. */
export async function hashFile(file: string, options: { readonly fs?: Fs; readonly each?: (piece: Uint8Array) => void } = {}): Promise<FileDigest> {
  const fs = options.fs ?? realFs;
  const running = createHash('sha256');
  const fd = fs.open(file, 'r');
  try {
    const expected = fs.lstat(file)?.size ?? CHUNK;
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK, expected + 1)));
    let size = 0;
    for (let read = fs.read(fd, buffer); read > 0; read = fs.read(fd, buffer)) {
      const piece = buffer.subarray(0, read);
      running.update(piece);
      options.each?.(piece);
      size += read;
      if (size >= CHUNK) await setImmediate();
    }
    return { sha256: running.digest('hex'), size };
  } finally {
    fs.close(fd);
  }
}

/** Hex sha256 of a text. */
export function hashText(text: string): string {
  return hash('sha256', text);
}
