import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testEngine, type TestEngine } from '../support/engine.js';
import { lacksBuildTools, leftIn, leftInEngine, outcomes, printed, stateOf, tinyProject, tinySpec } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

// A build that says that it has begun, and then goes on for longer than any test waits; it minds no polite request to end where `stubborn`.
const endless = (stubborn: boolean) => tinySpec({ build: `${stubborn ? "trap '' TERM INT\n" : ''}echo crpm-test-building\nsleep 1000 & wait\nsleep 1000` });
const BUILDING = /\| crpm-test-building/;

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine();
  if ('skipped' in engine) console.warn(`SKIPPED: stopping and killing builds in containers: ${engine.skipped}`);
});

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => {
  rig.remove();
});

/** What a place of builds needs: environment of crpm, image, and what it must not leave. */
interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly image?: string;
  left(): Promise<readonly string[]>;
}

function placeOf(name: string): Place | undefined {
  if (name === 'this machine') return lacksBuildTools() ? undefined : { env: {}, left: () => Promise.resolve([...leftIn(rig), ...sleepersOf()]) };
  if ('skipped' in engine) return undefined;
  const { dockerHost, image } = engine;
  return { env: { DOCKER_HOST: dockerHost }, image, left: async () => [...leftIn(rig), ...(await leftInEngine(rig, dockerHost))] };
}

/** Processes of this rig's builds on this machine that still live. */
function sleepersOf(): readonly string[] {
  const of = (pid: string, name: string) => readFileSync(join('/proc', pid, name), 'latin1');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return of(pid, 'environ').includes(`CRPM_WORK=${rig.root}/`) ? [`process ${pid}: ${of(pid, 'cmdline').replaceAll('\0', ' ')}`] : [];
      } catch {
        return []; // Ended meanwhile.
      }
    });
}

describe.each(['this machine', 'a container'])('a build in %s', (name) => {
  /** Starts a run and resolves when its build has begun; to what holds the run, for that itself can be awaited and would be. */
  async function building(place: Place, stubborn = false) {
    rig.write(tinyProject(endless(stubborn), place.image));
    const child = rig.start(['run', '--verbose'], { env: place.env });
    await printed(child.stdout, BUILDING);
    return { child };
  }

  /** The next run works: the spec no longer waits. */
  async function expectNextRunWorks(place: Place): Promise<void> {
    rig.write(tinyProject(tinySpec(), place.image));
    const { code, out, err } = await rig.crpm(['run', 'tiny.rpmbuild'], { env: place.env });
    expect([code, err, outcomes(out)['tiny.rpmbuild']]).toEqual([0, '', 'ran']);
    expect(await place.left()).toEqual([]);
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('that gets %s ends with its summary and leaves nothing; the next run works', async (signal, code) => {
    const place = placeOf(name);
    if (!place) return;
    const { child } = await building(place);
    child.kill(signal);
    const { exitCode, stdout, stderr } = await child;
    expect([exitCode, outcomes(stdout)['tiny.rpmbuild'], outcomes(stdout)['createrepo']]).toEqual([code, 'cancelled', 'not run']);
    expect(stderr.trim()).toBe(`stopping (${signal}); once more kills what still runs, a third time leaves at once`);
    expect(await place.left()).toEqual([]);
    await expectNextRunWorks(place);
  });

  test('that minds no request to end is killed by the second signal', async () => {
    const place = placeOf(name);
    if (!place) return;
    const { child } = await building(place, true);
    // Two of a kind within a quarter of a second are one, for npx passes a terminal's on once more; two different ones never are.
    child.kill('SIGINT');
    await printed(child.stderr, /stopping \(SIGINT\)/);
    child.kill('SIGTERM');
    const { exitCode, stderr } = await child;
    expect(exitCode).toBe(130);
    // On this machine rpmbuild ends at once and takes its script along; in a container the script is all that is left to be asked.
    if (place.image !== undefined) expect(stderr).toContain('killing');
    expect(await place.left()).toEqual([]);
  });

  test('is the only one: whoever comes meanwhile is told who works, and with 4', async () => {
    const place = placeOf(name);
    if (!place) return;
    const { child } = await building(place);
    for (const argv of [['run'], ['clean', '--orphans'], ['serve']]) {
      const { code, out, err } = await rig.crpm(argv, { env: place.env });
      expect([argv, code, out]).toEqual([argv, 4, '']);
      expect(err).toMatch(new RegExp(`^error: this workspace is in use by pid ${child.pid} on \\S+ since \\d{4}-\\S+Z: crpm run\\n {2}next: Wait until it ends \\(--wait does that for you\\), or stop it, then run again\\.$`));
    }
    for (const argv of [['status'], ['plan'], ['logs', 'tiny.rpmbuild']]) expect([argv, (await rig.crpm(argv, { env: place.env })).code]).toEqual([argv, 0]);
    child.kill('SIGINT');
    await child;
  });

  test('that is killed with its run is ended by the next one', async () => {
    const place = placeOf(name);
    if (!place) return;
    const { child } = await building(place);
    child.kill('SIGKILL');
    await child;
    expect(await place.left()).not.toEqual([]);
    await expectNextRunWorks(place);
  });

  test('that is killed with its run is ended by clean --orphans, and finished work is kept', async () => {
    const place = placeOf(name);
    if (!place) return;
    const { child } = await building(place);
    child.kill('SIGKILL');
    await child;
    const { code, out } = await rig.crpm(['clean', '--orphans'], { env: place.env });
    expect([code, out]).toEqual([0, expect.stringMatching(/^removed [1-9]\d* (engine object|work folder)s?, 1 temporary file$/)]);
    expect(await place.left()).toEqual([]);
    const plan = JSON.parse((await rig.crpm(['plan', '--json'])).out) as { nodes: { node: string; action: string }[] };
    expect(plan.nodes.filter(({ action }) => action === 'fresh').map(({ node }) => node).sort()).toEqual(['base', 'tiny.buildroot', 'tiny.source']);
    expect(readdirSync(join(stateOf(rig).dir, 'results'))).not.toContain('tiny.rpmbuild');
  });
});
