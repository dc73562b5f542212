/** Longest line handed on, in bytes: output without line ends must not fill the memory. */
export const MAX_LINE = 64 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Bytes → lines. A line ends at `\n`, `\r\n`, or a lone `\r` (progress bars; empty ones are left out). Invalid UTF-8 becomes U+FFFD.
 * A line longer than {@link MAX_LINE} comes in parts, each but the last with a mark at its end, so nothing is lost and memory stays bounded.
 */
export class LineSplitter {
  private parts: Buffer[] = [];
  private length = 0;
  /** The last chunk ended with a CR: whether its line was handed on. An LF at the start of the next one belongs to it. */
  private afterCr: 'no' | 'line' | 'empty' = 'no';

  constructor(private readonly emit: (line: string) => void) {}

  write(chunk: Buffer): void {
    let start = 0;
    if (this.afterCr !== 'no' && chunk.length > 0) {
      if (chunk[0] === LF) {
        start = 1;
        if (this.afterCr === 'empty') this.flush('');
      }
      this.afterCr = 'no';
    }
    // indexOf of one byte is vectorised; the two positions are cached so that a chunk is searched once for each.
    let lf = chunk.indexOf(LF, start);
    let cr = chunk.indexOf(CR, start);
    while (lf !== -1 || cr !== -1) {
      const byCr = cr !== -1 && (lf === -1 || cr < lf);
      const end = byCr ? cr : lf;
      this.append(chunk.subarray(start, end));
      const pair = byCr && lf === cr + 1;
      const full = this.length > 0;
      if (full || !byCr || pair) this.flush('');
      start = pair ? end + 2 : end + 1;
      if (byCr && end === chunk.length - 1) this.afterCr = full ? 'line' : 'empty';
      if (lf !== -1 && lf < start) lf = chunk.indexOf(LF, start);
      if (cr !== -1 && cr < start) cr = chunk.indexOf(CR, start);
    }
    this.append(chunk.subarray(start));
  }

  /** The last line, if it has no end. */
  end(): void {
    if (this.length > 0) this.flush('');
  }

  private append(bytes: Buffer): void {
    let rest = bytes;
    while (this.length + rest.length > MAX_LINE) {
      const room = MAX_LINE - this.length;
      this.keep(rest.subarray(0, room));
      rest = rest.subarray(room);
      this.flush(' … (line goes on)');
    }
    if (rest.length > 0) this.keep(rest);
  }

  /** Copies, because the chunk may be a window on a large pooled buffer that a short rest would keep alive. */
  private keep(bytes: Buffer): void {
    this.parts.push(Buffer.from(bytes));
    this.length += bytes.length;
  }

  private flush(mark: string): void {
    const line = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    this.parts = [];
    this.length = 0;
    this.emit(line.toString('utf8') + mark);
  }
}
