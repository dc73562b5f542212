import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig } from './cli-rig.js';

let rig: CliRig;
let folder: string;
beforeEach(() => {
  rig = new CliRig();
  rig.write({ 'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  greet: { run: [echo, hello] }\n' });
  folder = join(rig.root, 'cache/crpm/startup/other');
});
afterEach(() => {
  rig.remove();
});

/** The kept machine code of the program: its path, and its bytes. */
function kept(): { readonly file: string; readonly bytes: Buffer } {
  const [name = '', ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  return { file: join(folder, name), bytes: readFileSync(join(folder, name)) };
}

test('the first command keeps compiled code for its user alone, the next uses it and leaves it', async () => {
  const first = await rig.crpm(['validate']);
  expect(first).toMatchObject({ code: 0, err: '' });
  const { file, bytes } = kept();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { ino } = statSync(file);
  expect(await rig.crpm(['validate'])).toEqual(first);
  expect(statSync(file).ino).toBe(ino);
  expect(bytes.length).toBeGreaterThan(100_000);
});

test('compiled code that is cut, changed or not a file at all is not run; it is made again', async () => {
  const first = await rig.crpm(['validate']);
  const { file, bytes } = kept();
  const flipped = Buffer.from(bytes);
  flipped[bytes.length >> 1]! ^= 1;
  for (const damage of [flipped, bytes.subarray(0, bytes.length - 1), Buffer.alloc(0)]) {
    writeFileSync(file, damage);
    expect(await rig.crpm(['validate'])).toEqual(first);
    expect(kept().bytes.length).toBeGreaterThan(100_000);
    expect(kept().bytes.equals(damage)).toBe(false);
  }
  rmSync(file);
  mkdirSync(file);
  expect(await rig.crpm(['validate'])).toEqual(first);
});

test('what an older crpm left is removed, and a folder that can not be made is done without', async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'program.js-of-another-version'), 'x');
  const first = await rig.crpm(['validate']);
  expect(kept().file).not.toContain('another');
  rmSync(dirname(folder), { recursive: true });
  writeFileSync(dirname(folder), 'in the way');
  expect(await rig.crpm(['validate'])).toEqual(first);
});

test('what a long command left serves until a short one has made its own', async () => {
  const first = await rig.crpm(['validate']);
  const { file, bytes } = kept();
  renameSync(file, `${file}-long`);
  expect(await rig.crpm(['validate'])).toEqual(first);
  expect(kept().file).toBe(file);
  expect(kept().bytes.length).toBeGreaterThanOrEqual(bytes.length * 0.9);
});
