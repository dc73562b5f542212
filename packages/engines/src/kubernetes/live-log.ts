import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApi } from './api.js';
import { CONTAINER } from './places.js';

const LF = 0x0a;
const SPACE = 0x20;
/** Longer than any time; what has no space by then is no line of a log. */
const LONGEST_TIME = 64;
const LONGEST_PAUSE = 3_000;
/** After a whole stream, in milliseconds. */
const ENDED_PAUSE = 1_000;

/**
 * What a container writes, while it writes it: bytes with the times taken off. A stream that ends or breaks is taken up again where it was; what comes twice is left out. It
 * is for people: whether all came, only the whole log in the registry says.
 */
export class LiveLog {
  /** Time of the last line, how many whole lines had it, and how much of the one after them came. */
  private time = '';
  private count = 0;
  private partial = 0;

  constructor(private readonly write: (bytes: Buffer) => void) {}

  /** Until the signal fires. */
  async follow(api: KubeApi, pod: string, signal: AbortSignal): Promise<void> {
    for (let pause = 100; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const stream = await api.log(pod, { container: CONTAINER, signal, ...(this.time === '' ? {} : { sinceTime: `${this.time.slice(0, 19)}Z` }) });
        await this.read(stream as AsyncIterable<Buffer>);
        // A stream that comes to its end, and did not break, mostly means that the program has ended, and its record is on the way.
        pause = ENDED_PAUSE;
      } catch {
        // The kubelet may be down, the container not there yet, the pod gone: the record says what that means, not the log.
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One stream, from its first line on. */
  async read(stream: AsyncIterable<Buffer>): Promise<void> {
    let head: Buffer = Buffer.alloc(0);
    let inLine = false;
    /** Bytes of this line to leave out; all of them for a line that came before. */
    let skip = 0;
    const seen = { time: this.time, count: this.count, partial: this.partial };
    let again = 0;
    for await (const chunk of stream) {
      let at = 0;
      while (at < chunk.length) {
        if (!inLine) {
          const space = chunk.indexOf(SPACE, at);
          const end = space === -1 ? chunk.length : space;
          head = Buffer.concat([head, chunk.subarray(at, end)]);
          if (head.length > LONGEST_TIME) return;
          at = end + 1;
          if (space === -1) break;
          const time = head.toString('latin1');
          head = Buffer.alloc(0);
          inLine = true;
          if (time < seen.time) skip = Infinity;
          else if (time === seen.time && again < seen.count) {
            again++;
            skip = Infinity;
          } else {
            const goesOn = time === seen.time && again === seen.count && seen.partial > 0;
            skip = goesOn ? seen.partial : 0;
            if (goesOn) again++;
            if (time !== this.time) {
              this.time = time;
              this.count = 0;
            }
            if (!goesOn) this.partial = 0;
          }
          continue;
        }
        const newline = chunk.indexOf(LF, at);
        const end = newline === -1 ? chunk.length : newline + 1;
        const bytes = chunk.subarray(at, end);
        const fresh = bytes.subarray(Math.min(skip, bytes.length));
        skip = Math.max(0, skip - bytes.length);
        if (fresh.length > 0) {
          this.write(fresh);
          this.partial += fresh.length;
        }
        at = end;
        if (newline !== -1) {
          inLine = false;
          if (skip !== Infinity) {
            this.count++;
            this.partial = 0;
          }
          skip = 0;
        }
      }
    }
  }
}
