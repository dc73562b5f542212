import type { NodeOutcome } from '@crpm/core';

/** A node as it is drawn: its row, and below it perhaps what it said last. */
export interface DrawnNode {
  readonly state: 'waiting' | 'running' | NodeOutcome;
  /** A key chose it: it stays in sight. */
  readonly chosen: boolean;
  readonly rows: readonly string[];
  /** The package that it is of. */
  readonly group?: string;
}

type Kind = 'done' | 'running' | 'failed' | 'stopped' | 'waiting';

const KIND: Readonly<Record<DrawnNode['state'], Kind>> = { ran: 'done', restored: 'done', fresh: 'done', running: 'running', failed: 'failed', cancelled: 'stopped', 'not-run': 'stopped', waiting: 'waiting' };

/** What stands for nodes that gave way. */
const MORE: Readonly<Record<Kind, (count: number) => string>> = {
  done: (count) => `✔ ${count} more`,
  running: (count) => `… ${count} more running`,
  failed: (count) => `✖ ${count} more failed`,
  stopped: (count) => `↓ ${count} more stopped or not run`,
  waiting: (count) => `… and ${count} more waiting`,
};

/** All nodes, each package's below its name, where there is room for that even when `atOnce` of them run and say something; else {@link fitRows}. */
export function placeRows(nodes: readonly DrawnNode[], room: number, atOnce: number): readonly string[] {
  const begins = ({ group }: DrawnNode, index: number) => group !== undefined && group !== nodes[index - 1]?.group;
  const names = nodes.filter(begins).length;
  if (names === 0 || nodes.length + names + atOnce > room) return fitRows(nodes, room);
  return nodes.flatMap((node, index) => (node.group === undefined ? node.rows : [...(begins(node, index) ? [node.group] : []), ...node.rows.map((row) => `  ${row}`)]));
}

/**
 * As many rows as there is room for. First give way, to a row that counts them, nodes that nothing happens to: of those done the first ones, of those that wait the
 * last ones, so that what is shown is around what runs. Then what running nodes said last, then failed nodes, those rows that count, and running nodes.
 */
export function fitRows(nodes: readonly DrawnNode[], room: number): readonly string[] {
  const shown = new Map(nodes.map((node, index) => [index, node.rows]));
  const gone: Record<Kind, number> = { done: 0, running: 0, failed: 0, stopped: 0, waiting: 0 };
  let over = nodes.reduce((sum, { rows }) => sum + rows.length, -room);
  const queues = queuesOf(nodes);
  const giveWay = (kind: Kind) => {
    const index = queues[kind].shift() ?? 0;
    over -= shown.get(index)?.length ?? 0;
    if (gone[kind]++ === 0) over++;
    shown.delete(index);
  };
  const giveWayBy = (...kinds: readonly Kind[]) => {
    for (let most = longest(queues, kinds); over > 0 && most; most = longest(queues, kinds)) giveWay(most);
  };

  giveWayBy('done', 'waiting', 'stopped');
  for (const index of queues.running) {
    if (over <= 0) break;
    const [row = '', ...said] = shown.get(index) ?? [];
    shown.set(index, [row]);
    over -= said.length;
  }
  giveWayBy('failed');
  // How many of all are done, the last line of the view says.
  const counted = (['stopped', 'done', 'waiting'] as const).filter((kind) => gone[kind] > 0);
  const untold = new Set<Kind>(counted.slice(0, Math.max(0, over)));
  over -= untold.size;
  giveWayBy('running');
  const more = (...kinds: readonly Kind[]) => kinds.flatMap((kind) => (gone[kind] > 0 && !untold.has(kind) ? [MORE[kind](gone[kind])] : []));
  return [...more('done'), ...[...shown.values()].flat(), ...more('failed', 'running', 'stopped', 'waiting')].slice(0, Math.max(0, room));
}

/** Indexes of the nodes of each kind, in the order in which they give way. */
function queuesOf(nodes: readonly DrawnNode[]): Readonly<Record<Kind, number[]>> {
  const those = (kind: Kind) => nodes.flatMap(({ state, chosen }, index) => (KIND[state] === kind && !chosen ? [index] : []));
  return { done: those('done'), failed: those('failed'), running: those('running').reverse(), stopped: those('stopped').reverse(), waiting: those('waiting').reverse() };
}

function longest(queues: Readonly<Record<Kind, number[]>>, kinds: readonly Kind[]): Kind | undefined {
  const [most] = kinds.filter((kind) => queues[kind].length > 0).sort((a, b) => queues[b].length - queues[a].length);
  return most;
}
