import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig } from './cli-rig.js';

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => {
  rig.remove();
});

const config = (maxSize: string) => `kubevirt: false
basesystem: host
sources: {}
cache: { maxSize: ${maxSize} }
tasks:
  greet: { run: "echo hello; cat name.txt > greeting.txt", outputs: [greeting.txt], inputs: [name.txt] }
`;

interface Listing {
  readonly maxSize: number;
  readonly size: number;
  readonly rooms: readonly { readonly room: string; readonly items: readonly { readonly title: string; readonly pinned?: string }[] }[];
}

const list = async () => JSON.parse((await rig.crpm(['cache', 'ls', '--json'])).out) as Listing;
const logs = async () => (await list()).rooms.find(({ room }) => room === 'logs')?.items ?? [];

/** As many runs as there are names, each of which makes something. */
async function runs(names: readonly string[]): Promise<string> {
  let told = '';
  for (const name of names) {
    rig.write({ 'name.txt': name });
    const { code, err } = await rig.crpm(['run']);
    expect(code, err).toBe(0);
    told = err;
  }
  return told;
}

test('without a config, and before anything was made, there is nothing, and no engine is no failure', async () => {
  const { code, out, err } = await rig.crpm(['cache', 'ls'], { env: { DOCKER_HOST: `unix://${rig.root}/none.sock` } });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^0 B of 20 GiB \(cache\.maxSize\); what is linked counts once\nnot looked into: build-trees, ccache, buildroots: .*none\.sock/);
  expect(await rig.crpm(['cache', 'verify'])).toEqual({ code: 0, out: '0 files, 0 B: all hold what they should', err: '' });
  expect(existsSync(join(rig.root, 'state'))).toBe(false);
});

test('ls shows what runs leave, with the bound of the config; gc removes the oldest and keeps what must stay, saying why', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('1GiB') });
  expect(await runs(['Ann', 'Bob', 'Cay'])).toBe('');
  expect((await list()).maxSize).toBe(1024 ** 3);
  expect(await logs()).toHaveLength(3);
  expect((await rig.crpm(['cache', 'gc'])).out).toMatch(/^nothing had to go: /);

  const dry = await rig.crpm(['cache', 'gc', '--max-size', '0', '--dry-run']);
  expect(dry.out.match(/^would go +logs +logs of the run /gm)).toHaveLength(2);
  expect(await logs()).toHaveLength(3);
  const gone = await rig.crpm(['cache', 'gc', '--max-size', '0']);
  expect(gone.code).toBe(0);
  expect(gone.out.match(/^removed +logs +logs of the run /gm)).toHaveLength(2);
  expect(gone.out).toMatch(/^kept +logs +logs of the run \S+ +[\d.]+ \S+ +the last run$/m);
  expect(await logs()).toMatchObject([{ pinned: 'the last run' }]);
  // What the workspace stands on is still there.
  expect((await rig.crpm(['run'])).out).toMatch(/greet.*fresh|1 fresh/s);
});

test('a run that made something keeps the bound by itself, says so, and is none the worse for it', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('0') });
  expect(await runs(['Ann', 'Bob'])).toMatch(/^the cache was over its bound of 0 B \(cache\.maxSize\): \d+ items? went, .*\nwarning: what must stay takes .*, more than cache\.maxSize, 0 B; crpm cache ls says why$/s);
  expect(await logs()).toHaveLength(1);
  // One that made nothing does not even look.
  const { code, err } = await rig.crpm(['run']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

test('verify names what is damaged and ends with 1', async () => {
  const digest = 'a'.repeat(64);
  const entry = join(rig.root, 'cache', 'crpm', 'store', 'aa', digest);
  mkdirSync(join(entry, '..'), { recursive: true });
  writeFileSync(entry, 'not what it should be');
  chmodSync(entry, 0o444);
  const { code, out } = await rig.crpm(['cache', 'verify']);
  expect(code).toBe(1);
  expect(out).toMatch(new RegExp(`^store {2}${entry} {2}is damaged; set aside in .*/store/bad\n\n1 file, 21 B: 1 damaged; crpm run makes them again$`));
  expect(existsSync(entry)).toBe(false);
  const bad = join(rig.root, 'cache', 'crpm', 'store', 'bad');
  expect(readFileSync(join(bad, readdirSync(bad)[0] ?? ''), 'utf8')).toBe('not what it should be');
  expect(JSON.parse((await rig.crpm(['cache', 'verify', '--json'])).out)).toEqual({ files: 0, bytes: 0, damaged: [] });
});

test('what is asked wrongly is refused with 2, and nothing is touched', async () => {
  expect(await rig.crpm(['cache', 'gc', '--max-size', '10GB'])).toMatchObject({ code: 2, err: expect.stringContaining('as in 10GiB') as string });
  expect(await rig.crpm(['cache', 'gc', '--max-size', '5'])).toMatchObject({ code: 2, err: expect.stringContaining('5 is that many bytes; say 5GiB.') as string });
  expect((await rig.crpm(['cache', 'frobnicate'])).code).toBe(2);
  rig.write({ 'custom-rpms.config.yaml': 'cache: { maxSize: big }\n' });
  expect(await rig.crpm(['cache', 'gc'])).toMatchObject({ code: 2, err: expect.stringContaining("cache.maxSize can't be \"big\"") as string });
  expect(statSync(rig.work).isDirectory()).toBe(true);
});
