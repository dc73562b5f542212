import { LiveLog } from '@crpm/engines/kubernetes/live-log';
import { ToldLines } from '@crpm/engines/kubernetes/told-lines';
import { describe, expect, it } from 'vitest';

const T = (n: number) => `2026-08-01T00:00:00.${String(n).padStart(9, '0')}Z`;
const stream = async function* (text: string | Buffer, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
};

async function read(...streams: readonly string[]): Promise<string> {
  const parts: Buffer[] = [];
  const log = new LiveLog((bytes) => parts.push(Buffer.from(bytes)));
  for (const text of streams) await log.read(stream(text));
  return Buffer.concat(parts).toString();
}

describe('a live log', () => {
  it('is what was written, without the times', async () => {
    expect(await read(`${T(1)} one\n${T(2)} \n${T(3)} two words\n`)).toBe('one\n\ntwo words\n');
  });

  it('goes on where it broke, and says nothing twice, wherever that was', async () => {
    const whole = `${T(1)} one\n${T(2)} same time\n${T(2)} same time\n${T(2)} other\n${T(3)} last line, the longest\n`;
    for (let cut = 0; cut <= whole.length; cut++) expect(await read(whole.slice(0, cut), whole)).toBe('one\nsame time\nsame time\nother\nlast line, the longest\n');
  });

  it('breaks twice in one line, and still says it once', async () => {
    const whole = `${T(1)} abcdefghij\n${T(2)} end\n`;
    expect(await read(whole.slice(0, T(1).length + 4), whole.slice(0, T(1).length + 8), whole)).toBe('abcdefghij\nend\n');
  });

  it('may begin later: what lies before is not looked for', async () => {
    expect(await read(`${T(1)} one\n${T(2)} two\n`, `${T(2)} two\n${T(5)} five\n`)).toBe('one\ntwo\nfive\n');
  });

  it('gives up a stream that is no log', async () => {
    expect(await read('x'.repeat(200))).toBe('');
  });
});

describe('lines from a live log and a whole one', () => {
  async function told(live: string, whole: string): Promise<{ live: string[]; all: string[] }> {
    const lines: string[] = [];
    const both = new ToldLines((line) => lines.push(line));
    both.writeLive(Buffer.from(live));
    const before = [...lines];
    await both.complete(stream(whole));
    return { live: before, all: lines };
  }
  const whole = 'a\nb\nb\nc\na\nlast';

  it('are all told once, whatever was missed live', async () => {
    const lines = whole.split('\n');
    for (let mask = 0; mask < 2 ** lines.length; mask++) {
      const seen = lines.filter((_, i) => mask & (2 ** i)).map((line) => `${line}\n`).join('');
      expect([...(await told(seen, whole)).all].sort()).toEqual([...lines].sort());
    }
  });

  it('come in order where the live log had no gaps', async () => {
    for (let cut = 0; cut <= whole.length; cut++) expect((await told(whole.slice(0, cut), whole)).all).toEqual(whole.split('\n'));
  });

  it('are told at once', async () => {
    expect((await told('a\nb\npart', whole)).live).toEqual(['a', 'b']);
  });
});
