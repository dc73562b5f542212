import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '@crpm/core';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createInterface } from 'node:readline';
import { EditedTree, randomFrom } from '../support/edited-tree.js';
import { endedAs } from '../support/kill.js';
import { startRegistry, type TestRegistry } from '../support/registry.js';
import { lacksBuildTools, outcomes } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

/*
 * One team, one registry of the distribution, a checkout for each developer with a state and a cache of their own.
 */

const NODE = 'libtiny.rpmbuild';
const WARNED = /^ {2}(libtiny\.\S+: .*shared store.*)$/gm;

let rig: CliRig;
let registry: TestRegistry;
let skipped = false;
/** RPMs as the first one built them, by name. */
let built: Readonly<Record<string, string>>;

beforeAll(async () => {
  rig = new CliRig();
  const started = await startRegistry(join(rig.root, 'registry'));
  if ('skipped' in started) console.warn(`SKIPPED: the shared store: ${started.skipped}`);
  skipped = 'skipped' in started || lacksBuildTools();
  if (skipped || 'skipped' in started) return;
  registry = started;
  new EditedTree(join(rig.work, 'first', 'tree'), randomFrom(1));
  await execa('git', ['init', '--quiet'], { cwd: join(rig.work, 'first', 'tree') });
  const { code, out, err } = await developer('first', 'push: always').run();
  expect([code, err, outcomes(out)[NODE]]).toEqual([0, '', 'ran']);
  built = rpmsOf('first');
});

afterAll(async () => {
  if (!skipped) await registry.kill();
  rig.remove();
});

/** Somebody with the same sources in another folder, and nothing of crpm's. */
function developer(name: string, rest = '', host = registry.host) {
  const folder = join(rig.work, name);
  mkdirSync(folder, { recursive: true });
  if (name !== 'first') cpSync(join(rig.work, 'first', 'tree'), join(folder, 'tree'), { recursive: true });
  const remote = `{ url: "oci://${host}/team/crpm"${rest === '' ? '' : `, ${rest}`} }`;
  writeFileSync(join(folder, 'custom-rpms.config.yaml'), `basesystem: host\nkubevirt: false\nbuild: { profile: full }\ncache: { remote: ${remote} }\nsources:\n  libtiny: { kind: meson-dist, dir: tree, spec: { tree: libtiny.spec.in } }\n`);
  const env = { XDG_STATE_HOME: join(rig.root, name, 'state'), XDG_CACHE_HOME: join(rig.root, name, 'cache') };
  const crpm = (...argv: readonly string[]) => rig.crpm(['-C', folder, ...argv], { env });
  return { folder, env, crpm, run: (...argv: readonly string[]) => crpm('run', NODE, ...argv) };
}

function rpmsOf(name: string): Readonly<Record<string, string>> {
  const results = join(rig.work, name, '.crpm', 'results', NODE);
  const rpms = readdirSync(results, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.rpm'));
  return Object.fromEntries(rpms.map((path) => [path.split('/').at(-1), createHash('sha256').update(readFileSync(join(results, path))).digest('hex')]));
}

const lines = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, line]) => line);
/** Of the distribution's registry: only a whole one is worth a look. */
const whenThere = (title: string, body: () => Promise<void>) => test(title, async () => { if (!skipped) await body(); });

describe('a second developer', () => {
  whenThere('is told by the plan, gets all that was built, and builds nothing; then all is fresh, also without the registry', async () => {
    const second = developer('second');
    // What a source archive is made from is known when its build root is.
    expect(outcomes((await second.crpm('run', 'libtiny.buildroot')).out)).toMatchObject({ 'libtiny.buildroot': 'ran' });
    const plan = await second.crpm('plan', NODE);
    expect(plan.err).toBe('');
    expect(plan.out).toMatch(/^ *\S* *libtiny\.dist +restore +first run; the shared store has it \(last time .*\)$/m);
    expect(plan.out).toMatch(/^ *\S* *libtiny\.rpmbuild +restore +first run; the shared store has it \(last time .*\)$/m);
    expect(plan.out).toContain('2 from the shared store');

    const { code, out, err } = await second.run();
    expect([code, err]).toEqual([0, '']);
    expect(outcomes(out)).toMatchObject({ 'libtiny.dist': 'restored', [NODE]: 'restored' });
    expect(out).toMatch(/^libtiny\.rpmbuild: restored from the shared store in /m);
    expect(out).toMatch(/^2 results from the shared store/m);
    expect(rpmsOf('second')).toEqual(built);
    expect(readFileSync(join(second.folder, '.crpm', 'journal'), 'utf8')).toMatch(new RegExp(`"node":"libtiny.rpmbuild".*"from":"oci://${registry.host}/team/crpm@sha256:[0-9a-f]{64}"`));

    await registry.kill();
    const again = await second.run();
    await registry.start();
    expect([again.code, again.err, again.out.match(/^\d+ nodes: .*/m)?.[0]]).toEqual([0, '', expect.stringMatching(/^5 nodes: 5 fresh; /) as string]);
  });

  whenThere('sees who made what, pulls it without a run, and can’t push what is not theirs', async () => {
    const listed = JSON.parse((await developer('third').crpm('cache', 'ls', '--remote', '--json')).out) as { results: readonly { node: string; by: string; size: number }[] };
    expect(listed.results.map(({ node }) => node).sort()).toEqual(['libtiny.dist', NODE]);
    expect(listed.results.every(({ by, size }) => /^\S+@\S+$/.test(by) && size > 0)).toBe(true);

    const third = developer('third', 'readOnly: true');
    expect((await third.crpm('cache', 'pull')).out).toMatch(/^libtiny\.dist +not known before what it needs has run$/m);
    await third.crpm('run', 'libtiny.buildroot');
    expect((await third.crpm('cache', 'pull')).out).toMatch(/^libtiny\.dist +pulled, .*\nlibtiny\.rpmbuild +pulled, /m);
    expect((await third.crpm('cache', 'pull')).out).toMatch(/^libtiny\.dist +is here already\nlibtiny\.rpmbuild +is here already/m);
    expect(outcomes((await third.run()).out)).toMatchObject({ 'libtiny.dist': 'fresh', [NODE]: 'fresh' });
    expect(rpmsOf('third')).toEqual(built);
    expect(await third.crpm('cache', 'push')).toMatchObject({ code: 2, err: expect.stringContaining('is read only here (cache.remote.readOnly)') as string });
    expect((await third.crpm('doctor')).out).toContain(`shared store: oci://${registry.host}/team/crpm answers; it is read only here`);
    expect((await developer('third').crpm('cache', 'push')).out).toMatch(/^nothing to push: /);
    expect((await developer('first').crpm('cache', 'push')).out).toMatch(/^libtiny\.dist +is there already\nlibtiny\.rpmbuild +is there already/m);
  });

  whenThere('who builds in dev gets nothing from others and gives nothing', async () => {
    const dev = developer('dev', 'push: always');
    const { out } = await dev.run('--profile', 'dev');
    expect(outcomes(out)[NODE]).toBe('ran');
    expect(out).not.toMatch(/shared store/);
    expect((await dev.crpm('cache', 'push', '--profile', 'dev')).out).toMatch(/^nothing to push: /);
  });
});

/** Nodes that ended as restored; each time the bytes are right and the exit code is 0. */
async function rightAllTheSame(name: string, host?: string): Promise<{ readonly restored: readonly string[]; readonly warnings: readonly (string | undefined)[]; readonly out: string }> {
  const { code, out } = await developer(name, 'push: always', host).run();
  expect([code, rpmsOf(name)]).toEqual([0, built]);
  return { restored: Object.entries(outcomes(out)).flatMap(([node, outcome]) => (outcome === 'restored' ? [node] : [])), warnings: lines(out, WARNED), out };
}

describe('whatever becomes of the registry, the RPMs are right:', () => {
  whenThere('a blob that was flipped is refused, named, and built', async () => {
    const rpm = registry.blobs().find((file) => readFileSync(file).subarray(0, 4).toString('hex') === 'edabeedb') ?? '';
    const whole = readFileSync(rpm);
    const flipped = Buffer.from(whole);
    flipped[flipped.length - 1]! ^= 1; // it is longer than that
    writeFileSync(rpm, flipped);
    const { restored, warnings } = await rightAllTheSame('flipped');
    expect(restored).toEqual(['libtiny.dist']);
    expect(warnings).toEqual([expect.stringMatching(/^libtiny\.rpmbuild: the shared store did not give what it has: pulling sha256:\w+ from \S+: the bytes that came have another digest/)]);
    writeFileSync(rpm, whole);
    expect((await rightAllTheSame('mended')).restored).toEqual(['libtiny.dist', NODE]);
  });

  whenThere('a manifest that was replaced is refused, and what is built takes its place', async () => {
    const { results } = JSON.parse((await developer('first').crpm('cache', 'ls', '--remote', '--json')).out) as { results: readonly { node: string; fingerprint: string }[] };
    const [dist, rpms] = ['libtiny.dist', NODE].map((node) => `http://${registry.host}/v2/team/crpm/manifests/result-${results.find((one) => one.node === node)?.fingerprint.slice('sha256:'.length) ?? ''}`);
    const type = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
    const other = await (await fetch(dist!, { headers: { accept: type['content-type'] } })).text();
    expect((await fetch(rpms!, { method: 'PUT', headers: type, body: other })).status).toBe(201);
    const { restored, warnings } = await rightAllTheSame('replaced');
    expect(restored).toEqual(['libtiny.dist']);
    expect(warnings).toEqual([expect.stringMatching(/^libtiny\.rpmbuild: what the shared store has is refused: it was made from other inputs than it is filed under/)]);
    expect((await rightAllTheSame('healed')).restored).toEqual(['libtiny.dist', NODE]);
  });

  whenThere('one that dies in mid-run is given up', async () => {
    const late = developer('late', 'push: always');
    const child = rig.start(['-C', late.folder, 'run', NODE, '--json'], { env: late.env });
    const events: Event[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as Event;
      events.push(event);
      // The run goes on while it dies: then what comes next fails, wherever it is.
      if (event.type === 'node-status' && event.node === 'libtiny.dist') await registry.kill();
    }
    const { exitCode } = await child;
    await registry.start();
    expect([exitCode, rpmsOf('late')]).toEqual([0, built]);
    expect(endedAs(events, 'ran')).toContain(NODE);
    expect(events.filter((event) => event.type === 'node-warning').map(({ text }) => text).join('\n')).toMatch(/the shared store (could not be asked|did not give what it has): .*127\.0\.0\.1:\d+/);
  });

  whenThere('one that may not be written, or has no room, is told of, and the run is none the worse', async () => {
    const closed = await startRegistry(join(rig.root, 'closed'), { readOnly: true });
    if ('skipped' in closed) return;
    const denied = developer('first', 'push: always', closed.host);
    expect(await denied.crpm('cache', 'push')).toMatchObject({ code: 3, err: expect.stringMatching(/pushing to \S+: the registry answers 405/) as string });
    const doctor = await denied.crpm('doctor');
    await closed.kill();
    expect(doctor.out).toMatch(/^warning shared store: .* answers 405/m);

    if (process.getuid?.() !== 0) return console.warn('SKIPPED: a registry with a full disk: only root can make one');
    const small = join(rig.root, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k,nr_inodes=64', 'tmpfs', small]);
    try {
      const full = await startRegistry(join(rig.root, 'full'), { data: small });
      if ('skipped' in full) return;
      const { warnings: told } = await rightAllTheSame('full', full.host);
      await full.kill();
      expect(told[0]).toMatch(/^libtiny\.\w+: its result was not pushed to the shared store: .* answers 500/);
    } finally {
      execFileSync('umount', ['--lazy', small]);
      rmSync(small, { recursive: true });
    }
  });
});

test('a config without a shared store has nothing to push to, and says so', async () => {
  const other = new CliRig();
  other.write({ 'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  greet: { run: [echo, hello] }\n' });
  for (const argv of [['push'], ['pull'], ['ls', '--remote']]) {
    expect(await other.crpm(['cache', ...argv])).toMatchObject({ code: 2, err: expect.stringContaining('the config names no shared store') as string });
  }
  other.remove();
});
