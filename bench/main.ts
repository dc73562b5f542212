import { parseArgs } from 'node:util';
import { allFresh } from './all-fresh.js';
import { change, script } from './builds.js';
import { clusterFresh } from './cluster-fresh.js';
import { clusterLoad } from './cluster-load.js';
import { memory } from './memory.js';
import { peers } from './peers.js';
import { restore } from './restore.js';
import { rules } from './rules.js';
import { scale } from './scale.js';
import { scheduler } from './scheduler.js';
import { startup } from './startup.js';
import { missed, type Bench, type Row } from './support/bench.js';
import { formatRows } from './support/table.js';
import { together } from './together.js';
import { transfer } from './transfer.js';

/** In the order in which they run. */
const BENCHES: readonly Bench[] = [startup, allFresh, peers, scheduler, memory, rules, restore, transfer, change, script, together, scale, clusterFresh, clusterLoad];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, list: { type: 'boolean', default: false }, slow: { type: 'boolean', default: false }, rounds: { type: 'string', default: '15' } },
});
process.exitCode = values.list ? list() : await measure();

function list(): number {
  for (const { name, title, slow } of BENCHES) process.stdout.write(`${name.padEnd(14)} ${title}${slow ? ' (minutes; by name or with --slow)' : ''}\n`);
  return 0;
}

/** Exit code 1: a budget was missed; 2: there is no such bench. */
async function measure(): Promise<number> {
  const unknown = positionals.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`no bench ${unknown.join(', ')}; there are: ${BENCHES.map(({ name }) => name).join(', ')}\n`);
    return 2;
  }
  const wanted = BENCHES.filter(({ name, slow }) => (positionals.length > 0 ? positionals.includes(name) : !slow || values.slow));
  const rows: Row[] = [];
  for (const bench of wanted) {
    process.stderr.write(`${bench.name}: ${bench.title}\n`);
    rows.push(...(await bench.run({ rounds: Number(values.rounds) })));
  }
  process.stdout.write(values.json ? `${JSON.stringify({ rows }, undefined, 2)}\n` : `${formatRows(rows)}\n`);
  return rows.some(missed) ? 1 : 0;
}
