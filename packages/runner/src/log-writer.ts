import { errorCode, writeAll, type Fs } from '@crpm/state';

/** How much text waits in memory at most before it is written. */
const BUFFER = 64 * 1024;

/**
 * Appends text to a file of its own. What comes within one turn of the event loop is written together, and at {@link BUFFER} bytes at
 * once, by a blocking call: a program that prints faster than the disk can write is slowed down, not kept in memory.
 * A log is not worth a build: when writing fails, `onFailure` hears of it once, and the rest is dropped.
 */
export class LogWriter {
  readonly #fs: Fs;
  readonly #onFailure: (message: string) => void;
  #fd: number | undefined;
  #pending: string[] = [];
  #size = 0;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(file: string, fs: Fs, onFailure: (message: string) => void) {
    this.#fs = fs;
    this.#onFailure = (message) => { onFailure(`can't write the log ${file}: ${message}`); };
    this.#try(() => {
      this.#fd = fs.open(file, 'a', 0o600);
    });
  }

  write(text: string): void {
    if (this.#fd === undefined) return;
    this.#pending.push(text);
    this.#size += text.length;
    if (this.#size >= BUFFER) this.#flush();
    else this.#scheduled ??= setImmediate(() => { this.#flush(); });
  }

  close(): void {
    this.#flush();
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) this.#try(() => { this.#fs.close(fd); });
  }

  #flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const fd = this.#fd;
    if (fd === undefined || this.#size === 0) return;
    const bytes = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#size = 0;
    this.#try(() => { writeAll(this.#fs, fd, bytes); });
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      const fd = this.#fd;
      this.#fd = undefined;
      this.#pending = [];
      this.#size = 0;
      if (fd !== undefined) this.#fs.close(fd);
      this.#onFailure(error instanceof Error ? error.message : String(error));
    }
  }
}
