import { createHash } from 'node:crypto';

/** What the bytes of a file must come to. */
export interface Expected {
  readonly size?: number;
  /** `sha256` or another algorithm of Node's crypto. */
  readonly algorithm: string;
  readonly digest: string;
}

/**
 * Passes a file's bytes on, at most `limit`, and throws an `Error` at the end if they are not the expected ones. Consumers must not trust
 * what they made of them before this has ended.
 */
export async function* checked(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, limit: number, expected?: Expected): AsyncGenerator<Uint8Array> {
  const hash = createHash(expected?.algorithm ?? 'sha256');
  let size = 0;
  for await (const bytes of stream) {
    size += bytes.length;
    if (size > (expected?.size ?? limit)) throw new Error(`it is longer than ${expected?.size ?? limit} bytes`);
    hash.update(bytes);
    yield bytes;
  }
  if (expected === undefined) return;
  if (expected.size !== undefined && size !== expected.size) throw new Error(`it is cut: ${size} of ${expected.size} bytes`);
  const digest = hash.digest('hex');
  if (digest !== expected.digest) throw new Error(`its ${expected.algorithm} is ${digest}, and repomd.xml says ${expected.digest}`);
}
