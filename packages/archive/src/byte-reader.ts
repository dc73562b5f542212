/** Pulls exact amounts of bytes out of a stream, holding no more than one chunk besides what is asked for. */
export class ByteReader {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  /** `length` bytes, or nothing if the stream ends before them. */
  async exactly(length: number): Promise<Buffer | undefined> {
    if (this.rest.length < length) {
      const parts = [this.rest];
      let have = this.rest.length;
      while (have < length) {
        const chunk = await this.pull();
        if (!chunk) return undefined;
        parts.push(chunk);
        have += chunk.length;
      }
      this.rest = Buffer.concat(parts);
    }
    const result = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return result;
  }

  /** What is at hand, at most `limit` bytes; nothing at the end of the stream. */
  async some(limit = Infinity): Promise<Buffer | undefined> {
    const chunk = this.rest.length > 0 ? this.rest : await this.pull();
    if (!chunk) return undefined;
    this.rest = chunk.subarray(Math.min(limit, chunk.length));
    return chunk.subarray(0, limit);
  }

  /** The next `padded` bytes, of which the first `size` are handed out; {@link Window.skip} moves behind all of them. */
  window(size: number, padded: number, cut: () => Error): Window {
    return new Window(this, size, padded, cut);
  }

  private async pull(): Promise<Buffer | undefined> {
    for (;;) {
      const { done, value } = await this.iterator.next();
      if (done) return undefined;
      if (value.length > 0) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  }
}

/** Content of one entry: read at most once, in order. */
export class Window implements AsyncIterable<Buffer> {
  constructor(
    private readonly reader: ByteReader,
    private size: number,
    private padded: number,
    private readonly cut: () => Error,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    while (this.size > 0) {
      const chunk = await this.take(this.size);
      this.size -= chunk.length;
      yield chunk;
    }
  }

  async skip(): Promise<void> {
    this.size = 0;
    while (this.padded > 0) await this.take(this.padded);
  }

  private async take(limit: number): Promise<Buffer> {
    const chunk = await this.reader.some(limit);
    if (!chunk) throw this.cut();
    this.padded -= chunk.length;
    return chunk;
  }
}
