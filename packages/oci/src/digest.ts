import { createHash } from 'node:crypto';

/** sha256 is the one that every registry has. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** `sha256:<hex>` of some bytes. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Takes bytes as they come, and says in the end what they were. */
export class RunningDigest {
  readonly #hash = createHash('sha256');
  size = 0;

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.size += bytes.length;
  }

  /** Once. */
  end(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}
