import { compared, type Bench } from './support/bench.js';
import { BuildWorkspace } from './support/build-workspace.js';
import { withEngine } from './support/engine.js';
import { inTurn, runAll } from './support/measure.js';
import { sourceTrees } from './support/trees.js';

/** First builds of both, without a compiler cache, which the second would find filled. */
export const together: Bench = {
  name: 'together',
  title: 'QEMU and libvirt built at the same time ÷ one after the other',
  slow: true,
  async run() {
    const trees = await sourceTrees();
    return withEngine(async (given) => {
      const workspace = new BuildWorkspace(given, trees, { ccache: false });
      try {
        // The images and build roots are there for both ways.
        runAll([workspace.crpm('run', '*.buildroot')]);
        const build = (...nodes: readonly string[]) => workspace.crpm('run', '--clean-build', ...nodes);
        const [both, oneByOne] = await inTurn(
          [
            { name: 'together', round: () => runAll([build('*.rpmbuild')]) },
            { name: 'one after the other', round: () => runAll([build('libvirt.rpmbuild'), build('qemu.rpmbuild')]) },
          ],
          1,
          0,
        );
        return [compared('QEMU and libvirt at the same time ÷ one after the other', both!, oneByOne!)];
      } finally {
        workspace.close();
      }
    }, ['libvirt', 'qemu']);
  },
};
