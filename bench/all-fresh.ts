import { compared, type Bench } from './support/bench.js';
import { freshWorkspace } from './support/fresh-workspace.js';
import { inTurn, runAll } from './support/measure.js';
import { sourceTrees } from './support/trees.js';

export const allFresh: Bench = {
  name: 'all-fresh',
  title: 'a run that finds all fresh ÷ git status of both trees',
  async run({ rounds }) {
    const trees = await sourceTrees();
    const workspace = await freshWorkspace(trees, { kubevirt: false });
    try {
      const [run, status] = await inTurn(
        [
          { name: 'crpm run', round: () => runAll([workspace.crpm('run')]) },
          { name: 'git status', round: () => runAll([trees.libvirt, trees.qemu].map((cwd) => ({ argv: ['git', 'status'], cwd }))) },
        ],
        rounds,
      );
      return [compared('all fresh ÷ git status of both trees', run!, status!, 1)];
    } finally {
      workspace.close();
    }
  },
};
