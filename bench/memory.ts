import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from './support/bench.js';
import { crpm, ownEnvironment } from './support/crpm.js';
import { runAll } from './support/measure.js';
import { PeakMemory } from './support/peak-memory.js';

const OUTPUT_MB = 200;
const BUDGET_MB = 150;

/** A task prints what a very talkative build does. The most memory that crpm's own process ever held is what the kernel recorded of it. */
export const memory: Bench = {
  name: 'memory',
  title: `most memory of crpm with ${OUTPUT_MB} MB of build output`,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'crpm-bench-'));
    try {
      const line = 'gcc -O2 -Wall -c ../src/qemu/qemu_driver.c -o src/qemu/qemu_driver.c.o; some more words as compilers have them';
      writeFileSync(join(folder, 'talk.sh'), `yes '${line}' | head -c ${OUTPUT_MB * 1_000_000}\n`);
      writeFileSync(
        join(folder, 'custom-rpms.config.json'),
        JSON.stringify({ basesystem: 'host', kubevirt: false, sources: {}, tasks: { talk: { run: ['sh', 'talk.sh'] } } }),
      );
      const peak = new PeakMemory(folder);
      runAll([crpm(['run', '--reporter', 'plain'], { cwd: folder, env: { ...ownEnvironment(folder), ...peak.env } })]);
      return [{ what: `most memory of crpm, ${OUTPUT_MB} MB of build output`, value: peak.megabytes, unit: 'MB', budget: BUDGET_MB, detail: 'VmHWM of one run' }];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
