import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { follow, parsePlace } from '../../src/ui/follow.js';
import { newestRun, readRecord } from '../../src/ui/newest-run.js';

const FIRST = '20260822T101500.123Z-aaaaaa';
const SECOND = '20260822T111500.123Z-bbbbbb';
const started = (at: number) => `{"type":"run-started","at":${String(at)}}\n`;
const FINISHED = '{"type":"run-finished"}\n';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'crpm-follow-'));
});
afterEach(() => {
  rmSync(state, { recursive: true, force: true });
});

const workspace = () => ({ state, id: 'w', cache: state });
const record = (run: string) => join(state, 'logs', run, 'events.ndjson');
function begin(run: string, text: string): void {
  mkdirSync(join(state, 'logs', run), { recursive: true });
  writeFileSync(record(run), text);
}

/** Follows and collects what is sent, each piece once the other side has taken it; `each` hears of them, and may end it. */
async function followed(options: { readonly from?: { run: string; offset: number }; readonly holder?: { since: string } }, each: (sent: string, stop: () => void) => void): Promise<readonly string[]> {
  const stop = new AbortController();
  const sent: string[] = [];
  await follow({
    workspace: workspace(),
    from: options.from,
    holder: () => options.holder,
    signal: stop.signal,
    send: (text) => {
      if (text.startsWith(':')) return;
      sent.push(text);
      each(text, () => { stop.abort(); });
    },
  });
  return sent;
}

test('lines are read when they are whole, and a run without a line is none yet', () => {
  expect(newestRun(workspace())).toBeUndefined();
  begin(FIRST, `a\nb\nhal`);
  begin(SECOND, '');
  expect(newestRun(workspace())).toBe(FIRST);
  expect(readRecord(workspace(), FIRST, 0)).toEqual({ lines: [{ text: 'a', end: 2 }, { text: 'b', end: 4 }], end: 4 });
  appendFileSync(record(FIRST), 'f\n');
  expect(readRecord(workspace(), FIRST, 4)).toEqual({ lines: [{ text: 'half', end: 9 }], end: 9 });
  expect(readRecord(workspace(), 'gone', 0)).toEqual({ lines: [], end: 0 });
});

test('events come as they are recorded, each with its place, until another run begins', async () => {
  begin(FIRST, started(1));
  const sent = await followed({ from: { run: FIRST, offset: 0 }, holder: { since: new Date(0).toISOString() } }, (text) => {
    if (text.includes('run-started')) appendFileSync(record(FIRST), FINISHED);
    if (text.includes('run-finished')) begin(SECOND, started(2));
  });
  const first = started(1).length;
  expect(sent).toEqual([`id: ${FIRST}/${String(first)}\ndata: ${started(1).trim()}\n\n`, `id: ${FIRST}/${String(first + FINISHED.length)}\ndata: ${FINISHED.trim()}\n\n`, 'event: newer\ndata: {}\n\n']);
  expect(parsePlace(`${FIRST}/${String(first)}`)).toEqual({ run: FIRST, offset: first });
});

test('a run that nobody works on any more was killed; one that has ended was not', async () => {
  begin(FIRST, started(1));
  expect(await followed({ from: { run: FIRST, offset: started(1).length } }, (_text, stop) => { stop(); })).toEqual(['event: killed\ndata: {}\n\n']);
  appendFileSync(record(FIRST), FINISHED);
  expect(await followed({ from: { run: FIRST, offset: started(1).length } }, (_text, stop) => { stop(); })).toEqual([expect.stringContaining('run-finished')]);
});

test('who has no run yet hears of the first one', async () => {
  begin(FIRST, started(1));
  expect(await followed({}, () => undefined)).toEqual(['event: newer\ndata: {}\n\n']);
  expect([parsePlace(undefined), parsePlace('x'), parsePlace('../x/1'), parsePlace('a/-1')]).toEqual([undefined, undefined, undefined, undefined]);
});
