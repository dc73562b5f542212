import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allot } from '../src/logs/allot.js';
import { CHUNK, readChunks } from '../src/logs/chunks.js';
import { embedLogs } from '../src/logs/embed.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crpm-logs-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe('room for logs', () => {
  test('is enough for all, or small ones are whole and large ones share the rest', () => {
    expect(allot([], 10)).toEqual([]);
    expect(allot([3, 4], 10)).toEqual([3, 4]);
    expect(allot([2, 100, 50], 22)).toEqual([2, 10, 10]);
    expect(allot([100, 1], 50)).toEqual([49, 1]);
  });
});

describe('chunks', () => {
  const read = (path: string, offset?: number) => {
    const fd = openSync(path, 'r');
    try {
      return [...readChunks(fd, offset)];
    } finally {
      closeSync(fd);
    }
  };

  test('end with lines, count them, and are the whole file together', () => {
    const content = Buffer.from(Array.from({ length: 60_000 }, (_, index) => `line ${String(index)} ${'x'.repeat(index % 90)}\n`).join('') + 'no newline');
    const chunks = read(file('a.log', content));
    expect(chunks.length).toBeGreaterThan(2);
    expect(Buffer.concat(chunks.map(({ bytes }) => bytes)).equals(content)).toBe(true);
    expect(chunks.slice(0, -1).every(({ bytes }) => bytes.at(-1) === 10)).toBe(true);
    expect(chunks.reduce((sum, { lines }) => sum + lines, 0)).toBe(60_001);
    const third = chunks[2]!;
    expect(read(join(folder, 'a.log'), third.offset)[0]!.bytes.equals(third.bytes)).toBe(true);
  });

  test('a line without an end is cut, and not within a character', () => {
    const chunks = read(file('b.log', 'ä'.repeat(5 * CHUNK)));
    expect(chunks.length).toBeGreaterThan(1);
    for (const { bytes } of chunks) expect(bytes.toString()).toBe('ä'.repeat(bytes.length / 2));
  });

  test('of an empty file there are none', () => {
    expect(read(file('c.log', ''))).toEqual([]);
  });
});

describe('logs in a page', () => {
  const embed = async (paths: readonly string[], total?: number) => {
    let page = '';
    const logs = await embedLogs(paths.map((path, index) => ({ node: `n${String(index)}`, path })), (text) => void (page += text), total);
    const elements = new Map([...page.matchAll(/<script type="text\/plain" id="([^"]+)">([A-Za-z0-9+/=]*)<\/script>\n/g)].map(([, id = '', text = '']) => [id, gunzipSync(Buffer.from(text, 'base64')).toString()]));
    return { logs, elements, page };
  };

  test('are whole, each chunk an element that nothing in it can end', async () => {
    const hostile = 'a</script><script>alert(1)</script>\n';
    const { logs, elements, page } = await embed([file('a.log', hostile), join(folder, 'gone.log'), file('b.log', '')]);
    expect([...logs.keys()]).toEqual(['n0', 'n2']);
    expect(logs.get('n0')).toEqual({ path: join(folder, 'a.log'), bytes: hostile.length, lines: 1, chunks: [{ firstLine: 0, lines: 1 }] });
    expect([...elements]).toEqual([['log-0-0', hostile]]);
    expect(page).not.toContain('alert');
  });

  test('that are more than there is room for lose their middle, and lines keep their numbers', async () => {
    const line = `${'y'.repeat(1023)}\n`;
    const { logs, elements } = await embed([file('a.log', line.repeat(8 * 1024)), file('b.log', line)], 3 * CHUNK);
    const { lines, bytes, chunks } = logs.get('n0')!;
    expect([lines, bytes]).toEqual([8 * 1024, 8 * CHUNK]);
    const gap = chunks.filter(({ leftOut }) => leftOut !== undefined);
    expect(gap).toHaveLength(1);
    expect(gap[0]!.leftOut! / 1024).toBe(gap[0]!.lines);
    expect(chunks.reduce((sum, chunk) => sum + chunk.lines, 0)).toBe(lines);
    expect(chunks.map(({ firstLine }) => firstLine)).toEqual(chunks.map((_, index) => chunks.slice(0, index).reduce((sum, chunk) => sum + chunk.lines, 0)));
    expect([...elements.keys()].filter((id) => id.startsWith('log-0-')).sort()).toEqual(chunks.flatMap(({ leftOut }, index) => (leftOut === undefined ? [`log-0-${String(index)}`] : [])).sort());
    expect(logs.get('n1')!.chunks).toEqual([{ firstLine: 0, lines: 1 }]);
  });
});
