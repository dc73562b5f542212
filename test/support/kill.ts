import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Event } from '@crpm/core';
import type { CliRig } from '../integration/cli-rig.js';

/** Starts `crpm … --json` and reads its events; kills it, and nothing that it started, right after event number `after`, or `pause` milliseconds later. */
export async function runUntil(rig: CliRig, argv: readonly string[], env: NodeJS.ProcessEnv, after = Infinity, pause = 0): Promise<{ readonly events: readonly Event[]; readonly code: number | undefined; readonly err: string }> {
  const child = rig.start([...argv, '--json'], { env });
  const events: Event[] = [];
  let killed = false;
  const kill = () => { killed = child.kill('SIGKILL'); };
  for await (const line of createInterface({ input: child.stdout })) {
    if (killed) continue;
    events.push(JSON.parse(line) as Event);
    if (events.length !== after) continue;
    if (pause === 0) kill();
    else setTimeout(kill, pause);
  }
  const { exitCode, stderr } = await child;
  return { events, code: exitCode, err: stderr };
}

/** Ids of nodes that ended so. */
export function endedAs(events: readonly Event[], ...outcomes: readonly string[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'node-finished' && outcomes.includes(event.outcome) ? [event.node] : [])).sort();
}

/** `count` numbers from 1 to `most`, spread evenly; all of them where there are not as many. */
export function spread(count: number, most: number): readonly number[] {
  if (most <= count) return Array.from({ length: most }, (_, index) => index + 1);
  return Array.from({ length: count }, (_, index) => 1 + Math.round((index * (most - 1)) / (count - 1)));
}

/** Names of temporary files and folders that crpm's processes made anywhere in a rig. */
export function temporariesIn(rig: CliRig): readonly string[] {
  return ['state', 'cache', 'work']
    .flatMap((name) => readdirSync(join(rig.root, name), { recursive: true, encoding: 'utf8' }).map((path) => `${name}/${path}`))
    .filter((path) => /\.crpm-[0-9a-f]{8}-[0-9a-f]{8}-\d+-\d+-[0-9a-f]{12}$/.test(path));
}

/** Does something for each item, so many at a time. */
export async function each<T>(items: readonly T[], atOnce: number, action: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await action(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
