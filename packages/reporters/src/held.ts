import { screenText } from '@crpm/core';
import type { Screen } from './reporter.js';

interface Writing {
  readonly stream: Screen;
  readonly text: string;
}

/** Keeps what is written to streams of a terminal while something else is drawn there, and writes it when that is over. */
export class Held {
  #written: Writing[] = [];
  #last: string | undefined;
  #restore: readonly (() => void)[] = [];

  constructor(private readonly streams: readonly Screen[]) {}

  /** The last line of it, safe for a screen. */
  get last(): string | undefined {
    return this.#last;
  }

  /** Idempotent. */
  hold(): void {
    if (this.#restore.length > 0) return;
    this.#restore = this.streams.map((stream) => {
      const { write } = stream;
      stream.write = (text: string, ...more: readonly unknown[]) => {
        this.#keep({ stream, text: String(text) });
        const done = more.at(-1);
        if (typeof done === 'function') (done as () => void)();
        return true;
      };
      return () => {
        stream.write = write;
      };
    });
  }

  /** Idempotent. */
  letGo(): void {
    for (const restore of this.#restore) restore();
    this.#restore = [];
    for (const { stream, text } of this.#written) stream.write(text);
    this.#written = [];
    this.#last = undefined;
  }

  #keep(writing: Writing): void {
    this.#written.push(writing);
    this.#last = writing.text.split('\n').map(screenText).findLast((line) => line.trim() !== '') ?? this.#last;
  }
}
