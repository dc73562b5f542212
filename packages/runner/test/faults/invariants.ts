import { createHash } from 'node:crypto';
import { readHistory } from '../../src/index.js';
import { workspace, type Outcome, type World } from './world.js';

/** A broken promise, told with all that is needed to see it again. */
function broken(where: string, what: string): never {
  throw new Error(`${where}: ${what}`);
}

/**
 * What must hold after a run that met trouble: exit 0 only with every output right (I1), no entry of the store that does not hold what its name
 * says (I2), and never a bug. What the world was when it ended must then serve the next run (I3, {@link checkNextRun}).
 */
export function checkAfter(where: string, world: World, outcome: Outcome): void {
  if (outcome.failed === 'bug') broken(where, `exit class bug:\n${JSON.stringify(outcome.summary?.nodes.size ? [...outcome.summary.nodes] : outcome.events, null, 1)}`);
  if (outcome.failed === undefined) checkResults(where, world);
  checkStore(where, world);
}

/**
 * After whatever happened, the next run on a sound machine needs no manual step, keeps finished work, ends with what a clean build gives, and leaves
 * no temporary file and no engine object but images.
 */
export async function checkNextRun(where: string, world: World, before: Outcome): Promise<void> {
  const finished = before.events.flatMap((event) => (event.type === 'node-finished' && ['ran', 'fresh', 'restored'].includes(event.outcome) ? [event.node] : []));
  const next = await world.run();
  if (next.failed !== undefined) broken(where, `the next run failed: ${next.failed}\n${JSON.stringify(next.events, null, 1)}`);
  const again = next.events.flatMap((event) => (event.type === 'node-started' && finished.includes(event.node) ? [`${event.node} (${event.reason})`] : []));
  if (again.length > 0) broken(where, `finished work was done again: ${again.join(', ')}`);
  checkResults(where, world);
  checkStore(where, world);
  await world.sweep();
  const paths = Object.keys(world.disk.listing());
  const left = paths.filter((path) => /\.crpm-[0-9a-f]{8}-/.test(path) && !path.includes('/bad/'));
  if (left.length > 0) broken(where, `left on the disk: ${left.join(', ')}`);
  const results = [...world.graph.nodes.keys()].filter((id) => paths.filter((path) => new RegExp(`/results/${id}/[0-9a-f]+$`).test(path)).length > 1);
  if (results.length > 0) broken(where, `more than one result of ${results.join(', ')}`);
  const objects = [...world.objects.values()].filter(({ type }) => type !== 'image');
  if (objects.length > 0) broken(where, `left in the engine: ${objects.map(({ id }) => id).join(', ')}`);
  if (world.disk.openFiles > 0) broken(where, `${String(world.disk.openFiles)} files were left open`);
}

/** Every recorded result is what a clean build of the tree gives. */
export function checkResults(where: string, world: World): void {
  const history = readHistory(workspace, world.disk);
  for (const [id, text] of Object.entries(world.expected())) {
    const output = history.get(id)?.output;
    if (!output) return broken(where, `${id} has no result`);
    const held = world.disk.lstat(`${output.dir}/${id}.txt`) && world.disk.readFile(`${output.dir}/${id}.txt`).toString();
    if (held !== text) broken(where, `${id} holds ${String(held)}, a clean build gives ${text}`);
  }
}

/** Every entry of the store holds what its name says. */
export function checkStore(where: string, world: World): void {
  for (const [path, text] of Object.entries(world.disk.listing())) {
    const name = /^\/home\/cache\/store\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(path)?.[1];
    if (name !== undefined && createHash('sha256').update(text).digest('hex') !== name) broken(where, `the store's ${name} holds ${text}`);
  }
}
