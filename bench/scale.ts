import { durationsFrom } from './scale/durations.js';
import { simulate, type Outcome, type Scenario } from './scale/simulate.js';
import { PACKAGES } from './scale/team.js';
import type { Bench, Row } from './support/bench.js';
import { quantile } from './support/measure.js';

const ALL = Object.keys(PACKAGES);
const HOUR = 3_600_000;
const NEVER = { mtbf: Infinity };

const TEAM = { runs: 300, runsPerHour: 300 / 8, packages: ['qemu', 'libvirt'], streams: ['cs9'], arches: ['x86_64'], changed: 1, mergesPerHour: 1, cluster: { nodes: 2, cores: 32, ...NEVER }, jobs: 8 };
const CI = { runs: 625, runsPerHour: 5_000 / 24, packages: ALL, streams: ['cs9'], arches: ['x86_64'], changed: 1, mergesPerHour: 2, cluster: { nodes: 12, cores: 32, ...NEVER }, jobs: 20 };
const MATRIX = { runs: 1, runsPerHour: 1000, packages: ALL, streams: ['cs9', 'cs10'], arches: ['x86_64', 'aarch64', 's390x'], changed: 0, mergesPerHour: 0, cluster: { nodes: 2, cores: 32, ...NEVER }, jobs: 40 };

const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  ['a team of 50, six runs each in eight hours, 2 nodes', { ...TEAM, shared: false }],
  ['the same, with a shared store', { ...TEAM, shared: true }],
  ['three hours of 5,000 runs a day, ten packages, 12 nodes', { ...CI, shared: false }],
  ['the same, with a shared store', { ...CI, shared: true }],
  ['the same, each node lost every six hours', { ...CI, shared: true, cluster: { ...CI.cluster, mtbf: 6 * HOUR } }],
  ['10 packages × 2 streams × 3 arches from nothing, 2 nodes an arch', { ...MATRIX, shared: true }],
  ['the same, each node lost every half hour', { ...MATRIX, shared: true, cluster: { ...MATRIX.cluster, mtbf: HOUR / 2 } }],
];

/** What runs cost in Jobs, calls and bytes: the real scheduler over recorded durations, in a cluster that is none. `CRPM_SCALE_RECORD` names a record of `crpm events` to take the durations from. */
export const scale: Bench = {
  name: 'scale',
  title: 'teams, CI and matrices in a simulated cluster, median time of a run',
  slow: true,
  async run() {
    const durations = durationsFrom(process.env['CRPM_SCALE_RECORD']);
    const rows: Row[] = [];
    for (const [what, scenario] of SCENARIOS) {
      const outcome = await simulate(scenario, durations);
      rows.push({ what, value: quantile(outcome.times, 0.5) / 1000, unit: 's', detail: told(scenario, outcome) });
    }
    return rows;
  },
};

function told({ runs }: Scenario, { times, jobs, builds, restored, lost, failedRuns, queued, apiCalls, registryBytes, span }: Outcome): string {
  const each = (number: number) => (number / runs).toFixed(number / runs < 10 ? 1 : 0);
  return [
    `95 % within ${Math.round(quantile(times, 0.95) / 1000)} s`,
    `a run: ${each(jobs)} Jobs, ${each(builds)} builds, ${each(restored)} restored, ${each(apiCalls)} API calls, ${each(registryBytes / 1e6)} MB`,
    `${((apiCalls / span) * 1000).toFixed(1)} calls/s`,
    `waiting for room ${Math.round(queued / 1000)} s a Job`,
    `${lost} Jobs lost, ${failedRuns} runs failed`,
  ].join('; ');
}
