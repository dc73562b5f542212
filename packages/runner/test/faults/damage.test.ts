import { expect, test } from 'vitest';
import { checkResults, checkStore } from './invariants.js';
import { PAIR, workspace, World, type Outcome } from './world.js';

const JOURNAL = `${workspace.state}/journal`;

/** Another file in its place; or, `inPlace`, other bytes in the same file, whoever else has a link to it. */
function overwrite(world: World, file: string, bytes: Uint8Array, inPlace = false): void {
  if (!inPlace) world.disk.remove(file);
  const fd = world.disk.open(file, 'w', 0o600);
  world.disk.write(fd, bytes, 0);
  world.disk.close(fd);
}

/** Ways in which a byte goes bad, in turn: a bit, the highest bit, the end of a line. */
const FLIPS = [(byte: number) => byte ^ 1, (byte: number) => byte ^ 0x80, (byte: number) => (byte === 10 ? 32 : 10)];

/** A cut at every `cuts`-th byte, a flip at every `flips`-th. */
function* damages(bytes: Buffer, { cuts = 1, flips = 1 } = {}): Generator<{ readonly what: string; readonly bytes: Buffer; /** What is still as it was. */ readonly good: number }> {
  for (let at = 0; at < bytes.length; at++) {
    if (at % cuts === 0) yield { what: `cut at byte ${String(at)}`, bytes: bytes.subarray(0, at), good: at };
    if (at % flips !== 0) continue;
    const flipped = Buffer.from(bytes);
    flipped[at] = FLIPS[Math.floor(at / flips) % FLIPS.length]?.(flipped[at] ?? 0) ?? 0;
    yield { what: `byte ${String(at)}: ${String(bytes[at])} → ${String(flipped[at])}`, bytes: flipped, good: at };
  }
}

function ran(outcome: Outcome): readonly string[] {
  return outcome.events.flatMap((event) => (event.type === 'node-started' ? [event.node] : []));
}

test('a journal cut at any byte, or with bytes flipped: what was recorded before stays done, what comes out is right, and one warning tells', { timeout: 180_000 }, async () => {
  const start = new World(PAIR);
  expect((await start.run()).failed).toBeUndefined();
  const journal = start.disk.readFile(JOURNAL);
  const ends = [...journal.keys()].filter((index) => journal[index] === 10).map((index) => index + 1);
  for (const { what, bytes, good } of damages(journal, { flips: 5 })) {
    const world = start.copy();
    overwrite(world, JOURNAL, bytes);
    const outcome = await world.run();
    const kept = ends.filter((end) => end <= good).length;
    expect([what, outcome.failed]).toEqual([what, undefined]);
    if (kept > 0 && ran(outcome).includes('source')) throw new Error(`${what}: source was recorded before that, and ran again`);
    const isClean = bytes.length === 0 || (bytes.length === good && ends.includes(good));
    const warnings = outcome.summary?.warnings.filter((text) => text.includes('was damaged')) ?? [];
    expect([what, warnings.length]).toEqual([what, isClean ? 0 : 1]);
    checkResults(what, world);
    expect([what, ran(await world.run())]).toEqual([what, []]);
  }
});

test('any file of the store, cut or with a byte flipped: never given out, made anew, and what was wanted of it is warned of', { timeout: 180_000 }, async () => {
  const start = new World(PAIR);
  start.tree = 'an earlier tree';
  expect((await start.run()).failed).toBeUndefined();
  start.tree = 'a later tree';
  expect((await start.run()).failed).toBeUndefined();
  start.tree = 'an earlier tree';
  const before = start.copy();
  const restored = await before.run();
  expect(ran(restored)).toEqual([]);

  const wanted = Object.values(start.expected());
  for (const [file, text] of Object.entries(start.disk.listing())) {
    if (!file.startsWith(`${workspace.cache}/store/`) || start.disk.lstat(file)?.type !== 'file') continue;
    // Records are long, and the cache's own tests damage every byte of one.
    const isRecord = !wanted.includes(text);
    for (const { what, bytes } of damages(Buffer.from(text), isRecord ? { cuts: 23, flips: 29 } : {})) {
      const where = `${file}, ${what}`;
      const world = start.copy();
      overwrite(world, file, bytes);
      const outcome = await world.run();
      expect([where, outcome.failed]).toEqual([where, undefined]);
      checkResults(where, world);
      // What nobody wants, nobody looks at: `crpm cache verify` does.
      if (isRecord) continue;
      checkStore(where, world);
      expect([where, outcome.summary?.warnings]).toEqual([where, [expect.stringContaining('damaged')]]);
    }
  }
});

test('a result changed in place, and with it the store’s link to it, is made anew', { timeout: 60_000 }, async () => {
  const start = new World(PAIR);
  expect((await start.run()).failed).toBeUndefined();
  const results = Object.entries(start.disk.listing()).filter(([path]) => path.startsWith(`${workspace.state}/results/`) && path.endsWith('.txt'));
  expect(results.length).toBe(2);
  for (const [file, text] of results) {
    for (const { what, bytes } of damages(Buffer.from(text))) {
      const where = `${file}, ${what}`;
      const world = start.copy();
      overwrite(world, file, bytes, true);
      const outcome = await world.run();
      expect([where, outcome.failed, ran(outcome).length]).toEqual([where, undefined, 1]);
      checkResults(where, world);
      checkStore(where, world);
    }
  }
});
