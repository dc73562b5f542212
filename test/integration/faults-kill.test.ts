import { beforeAll, expect, test } from 'vitest';
import { each, endedAs, runUntil, spread, temporariesIn } from '../support/kill.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { lacksBuildTools, leftIn, leftInEngine, publishedRpms, tinyProject, tinySpec } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

/*
 * A run is killed right after an event that it told of, twenty times over, spread from its first event to its last. The test reads the events, so it knows what had
 * been finished by then.
 */

const POINTS = 20;
const RUN = ['run', 'createrepo'];

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine();
  if ('skipped' in engine) console.warn(`SKIPPED: killing runs that build in containers: ${engine.skipped}`);
});

test.each([
  { place: 'on this machine', atOnce: 2 },
  { place: 'in containers', atOnce: 4 },
])(`a build $place killed at any of ${String(POINTS)} points: the next run goes on where it was, and nothing is left over`, async ({ place, atOnce }) => {
  const inContainers = place === 'in containers';
  if (inContainers ? 'skipped' in engine : lacksBuildTools()) return;
  const env: NodeJS.ProcessEnv = inContainers && !('skipped' in engine) ? { DOCKER_HOST: engine.dockerHost } : {};
  const files = tinyProject(tinySpec(), inContainers && !('skipped' in engine) ? engine.image : undefined);

  const whole = await inRig(files, async (rig) => {
    const { events, code, err } = await runUntil(rig, RUN, env);
    expect([code, err]).toEqual([0, '']);
    return { nodes: endedAs(events, 'ran'), count: events.length, rpm: publishedRpms(rig) };
  }, env);

  await each(spread(POINTS, whole.count), atOnce, async (point) => {
    await inRig(files, async (rig) => {
      const killed = await runUntil(rig, RUN, env, point);
      const finished = endedAs(killed.events, 'ran');
      const about = (what: unknown) => [`killed after event ${String(point)} of ${String(whole.count)}`, what];

      const next = await runUntil(rig, RUN, env);
      expect(about([next.code, next.err])).toEqual(about([0, '']));
      expect(about(endedAs(next.events, 'ran', 'fresh'))).toEqual(about(whole.nodes));
      expect(about(endedAs(next.events, 'ran').filter((node) => finished.includes(node)))).toEqual(about([]));
      expect(about(publishedRpms(rig))).toEqual(about(whole.rpm));

      const swept = await rig.crpm(['clean', '--orphans'], { env });
      expect(about([swept.code, swept.err])).toEqual(about([0, '']));
      expect(about([...leftIn(rig), ...temporariesIn(rig), ...(inContainers ? await leftInEngine(rig, env['DOCKER_HOST'] ?? '') : [])])).toEqual(about([]));
      expect(about((await rig.crpm(['cache', 'verify'], { env })).code)).toEqual(about(0));
    }, env);
  });
});

async function inRig<T>(files: Readonly<Record<string, string>>, body: (rig: CliRig) => Promise<T>, env: NodeJS.ProcessEnv): Promise<T> {
  const rig = new CliRig();
  try {
    rig.write(files);
    return await body(rig);
  } finally {
    // Build trees are in the engine.
    if (env['DOCKER_HOST'] !== undefined) await rig.crpm(['clean'], { env });
    rig.remove();
  }
}
