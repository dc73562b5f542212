import { LineSplitter, MAX_LINE } from '@crpm/engines/lines';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const split = (...chunks: (string | Buffer)[]): string[] => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.write(Buffer.from(chunk as string));
  splitter.end();
  return lines;
};

describe('LineSplitter', () => {
  it('ends lines at LF, CRLF and lone CR', () => {
    expect(split('a\nb\r\nc\rd')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps empty lines, but not those between the carriage returns of a progress bar', () => {
    expect(split('a\n\nb\r\n\r\nc\r\rd\n')).toEqual(['a', '', 'b', '', 'c', 'd']);
  });

  it('sees a CRLF that two chunks share as one end', () => {
    expect(split('a\r', '\nb')).toEqual(['a', 'b']);
  });

  it('puts a character together whose bytes come in two chunks', () => {
    const euro = Buffer.from('€\n');
    expect(split(euro.subarray(0, 1), euro.subarray(1))).toEqual(['€']);
  });

  it('marks each part but the last of a line that is too long, and loses no byte', () => {
    const lines = split('x'.repeat(MAX_LINE * 2 + 5), '\nlast\n');
    expect(lines.map((line) => line.replace(/[^x]/g, '').length)).toEqual([MAX_LINE, MAX_LINE, 5, 0]);
    expect(lines.map((line) => line.endsWith('(line goes on)'))).toEqual([true, true, false, false]);
  });

  it('gives the same lines however the bytes are cut', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '\n', '\r', '\r\n', 'ä'), { maxLength: 30 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(40), { maxLength: 6 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''));
        const at = [...new Set([0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length])].sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        expect(split(...chunks)).toEqual(split(bytes));
      }),
    );
  });
});
