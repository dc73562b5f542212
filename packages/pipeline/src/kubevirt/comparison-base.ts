import { parseBuild } from '@crpm/rpm';
import { scopeName, scopesOf, type Evidence } from '../proof/index.js';
import { rulesOf } from './rules.js';
import { withoutOurs, type UndoRecord } from './undo.js';
import type { Yielded } from './yielded-files.js';

/**
 * What a proof compares with: the tree as it is, but with the image trees of our streams and architectures as they were before crpm's first
 * run. So a second run is still compared with the official packages, while other streams and architectures, which another
 * workspace may have changed for good, are compared with what they are now. WORKSPACE gets the rules of both.
 */
export function comparisonBase(current: Yielded, undo: UndoRecord | undefined, run: Pick<Evidence, 'streams' | 'arches'>): Yielded {
  const original = withoutOurs(undo, current);
  const suffixes = scopesOf(run).map((scope) => `_${scopeName(scope)}`);
  const ofOurs = (name: string) => suffixes.some((suffix) => name.endsWith(suffix));
  const build = current['rpm/BUILD.bazel'];
  const originalBuild = original['rpm/BUILD.bazel'];
  const originalTrees = new Map(parseBuild(originalBuild).trees.map((tree) => [tree.name, originalBuild.slice(tree.start, tree.end)]));
  let text = '';
  let at = 0;
  for (const tree of parseBuild(build).trees) {
    const replacement = ofOurs(tree.name) ? originalTrees.get(tree.name) : undefined;
    if (replacement === undefined) continue;
    text += build.slice(at, tree.start) + replacement;
    at = tree.end;
  }
  const known = new Set(rulesOf('WORKSPACE', current.WORKSPACE).map((rule) => rule.key));
  const missing = rulesOf('WORKSPACE', original.WORKSPACE).filter((rule) => !known.has(rule.key));
  return { WORKSPACE: current.WORKSPACE + missing.map((rule) => `\n${rule.text}\n`).join(''), 'rpm/BUILD.bazel': text + build.slice(at) };
}
