import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compared, type Bench } from './support/bench.js';
import { crpm, ownEnvironment } from './support/crpm.js';
import { inTurn, runAll } from './support/measure.js';

export const startup: Bench = {
  name: 'startup',
  title: 'crpm --version ÷ node -e 0',
  async run({ rounds }) {
    const folder = mkdtempSync(join(tmpdir(), 'crpm-bench-'));
    try {
      const env = ownEnvironment(folder);
      const [version, node] = await inTurn(
        [
          { name: 'crpm --version', round: () => runAll([crpm(['--version'], { env })]) },
          { name: 'node -e 0', round: () => runAll([{ argv: [process.execPath, '-e', '0'], env }]) },
        ],
        2 * rounds,
      );
      return [compared('crpm --version ÷ node -e 0', version!, node!, 1.3)];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
