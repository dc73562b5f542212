import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import { screenText } from '@crpm/core';
import type { Screen } from '@crpm/reporters';

const CHUNK = 1024 * 1024;
/** How often a log that grows is looked at, in milliseconds. */
const LOOK = 200;

export interface TailOptions {
  /** Whether more may come; asked at the end of the file. */
  readonly follow: () => boolean;
  readonly signal: AbortSignal;
}

/** Copies a log to a screen, in bounded memory; how many bytes there were. On a terminal without control sequences, elsewhere byte for byte as text. */
export async function copyLog(file: string, screen: Screen, options: TailOptions): Promise<number> {
  const handle = await open(file, 'r');
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.allocUnsafe(CHUNK);
  let partial = '';
  let copied = 0;
  const show = (text: string) => {
    if (!screen.isTTY) {
      screen.write(text);
      return;
    }
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) screen.write(`${screenText(line)}\n`);
  };
  try {
    while (!options.signal.aborted) {
      // Asked before reading: what was written before the answer is still read.
      const more = options.follow();
      for (let { bytesRead } = await handle.read(buffer); bytesRead > 0; { bytesRead } = await handle.read(buffer)) {
        copied += bytesRead;
        show(decoder.write(buffer.subarray(0, bytesRead)));
      }
      if (!more) break;
      await delay(LOOK, undefined, { signal: options.signal }).catch(() => undefined);
    }
    show(decoder.end());
    if (partial !== '') screen.write(`${screenText(partial)}\n`);
    return copied;
  } finally {
    await handle.close();
  }
}
