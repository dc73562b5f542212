import { compared, type Bench } from './support/bench.js';
import { freshWorkspace } from './support/fresh-workspace.js';
import { inTurn, runAll } from './support/measure.js';
import { sourceTrees } from './support/trees.js';

export const allFresh: Bench = {
  name: 'all-fresh',
  title: 'a run and a plan that find all fresh ÷ git status of both trees, ÷ node -e 0',
  async run({ rounds }) {
    const trees = await sourceTrees();
    const workspace = await freshWorkspace(trees, {});
    const withKubevirt = await freshWorkspace(trees, { kubevirt: true });
    try {
      const [run, runAndServe, plan, status, node] = await inTurn(
        [
          { name: 'crpm run', round: () => runAll([workspace.crpm('run')]) },
          { name: 'crpm run, with KubeVirt', round: () => runAll([withKubevirt.crpm('run')]) },
          { name: 'crpm plan', round: () => runAll([workspace.crpm('plan')]) },
          { name: 'git status', round: () => runAll([trees.libvirt, trees.qemu].map((cwd) => ({ argv: ['git', 'status'], cwd }))) },
          { name: 'node -e 0', round: () => runAll([{ argv: [process.execPath, '-e', '0'], env: { PATH: process.env['PATH'] } }]) },
        ],
        rounds,
      );
      return [
        compared('all fresh ÷ git status of both trees', run!, status!, 1),
        compared('all fresh, with a KubeVirt tree ÷ the same', runAndServe!, status!),
        compared('plan, all fresh ÷ node -e 0', plan!, node!),
        compared('git status of both trees ÷ node -e 0', status!, node!),
      ];
    } finally {
      workspace.close();
      withKubevirt.close();
    }
  },
};
