import { parseBuild, parseWorkspaceRpms, rewriteRpmRules } from '@crpm/rpm';
import { bazelTree } from '../test/support/bazel-tree.js';
import { spreadOf, type Bench } from './support/bench.js';
import { inTurn, quantile } from './support/measure.js';

const RULES = 2000;
const BUDGET_MS = 100;

/** What a hot swap does with KubeVirt's two files, every rule of them rewritten. */
export const rules: Bench = {
  name: 'rules',
  title: `reading and rewriting ${RULES.toLocaleString('en')} rules of a WORKSPACE`,
  async run({ rounds }) {
    let round = 0;
    // Other texts in each round: those of before are remembered.
    const [times] = await inTurn([{ name: 'crpm', round: () => timed(round++) }], rounds);
    return [{ what: `${RULES.toLocaleString('en')} rules read and rewritten`, value: quantile(times!.all, 0.5) / 1000, unit: 's', budget: BUDGET_MS / 1000, detail: spreadOf(times!) }];
  },
};

function timed(round: number): number {
  const { workspace, build } = bazelTree(RULES, { url: (i) => `http://127.0.0.1:${String(round)}/${i}.rpm` });
  const text = `${build}# ${String(round)}\n`;
  const begun = performance.now();
  const found = parseWorkspaceRpms(workspace);
  const { trees } = parseBuild(text);
  const written = rewriteRpmRules(workspace, found.map((rule) => ({ rule, sha256: 'f'.repeat(64), urls: [`${rule.urls[0] ?? ''}.new`] })));
  const ms = performance.now() - begun;
  if (found.length !== RULES || trees.length !== 66 || !written.includes('0.rpm.new')) throw new Error('not all rules were read and rewritten');
  return ms;
}
