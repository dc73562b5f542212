import { LineSplitter } from '../lines.js';

/** Lines that are remembered at most, 4 bytes each. What comes after them is told at the end. */
const MOST = 4_000_000;

/**
 * Every line of a program once, from two sources: live, where some may be missing, and whole, when it has ended. Of each line that was told live a digest is kept; those of the whole that
 * are not next among them were not told yet. Where nothing was missing, the order is the program's.
 */
export class ToldLines {
  private told = new Uint32Array(1024);
  private count = 0;
  private readonly live: LineSplitter;

  constructor(private readonly line: (text: string) => void) {
    this.live = new LineSplitter((text) => this.tell(text));
  }

  writeLive(bytes: Buffer): void {
    this.live.write(bytes);
  }

  /** There is no whole: what came live is all there is. */
  endLive(): void {
    this.live.end();
  }

  /** The whole, from its beginning on. */
  async complete(whole: AsyncIterable<Buffer>): Promise<void> {
    let next = 0;
    const rest = new LineSplitter((text) => {
      if (next < this.count && this.told[next] === digestOf(text)) next++;
      else this.line(text);
    });
    for await (const chunk of whole) rest.write(chunk);
    rest.end();
  }

  private tell(text: string): void {
    if (this.count >= MOST) return;
    if (this.count === this.told.length) {
      const larger = new Uint32Array(this.count * 2);
      larger.set(this.told);
      this.told = larger;
    }
    this.told[this.count++] = digestOf(text);
    this.line(text);
  }
}

/** FNV-1a over the characters: a line that is taken for another costs nobody more than that line. */
function digestOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
