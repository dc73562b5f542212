import { isAbsolute } from 'node:path';

import { fail, type NodeContext, type Work } from '@crpm/core';

import { quote } from '../quote.js';
import { ownNames } from './diagnosis/own-names.js';
import type { SpecPatch } from './patches.js';
import { script } from './scripts.js';
import { snapshots } from './trees.js';
import { marked, runStep } from './work.js';

/** Arguments: how many folders to strip, the tree, the folder of the patches, their names. Answers `crpm-patch NAME` before each; without fuzz, as rpm applies them. */
const APPLY = `
strip=$1 tree=$2 folder=$3
shift 3
for name; do
  printf 'crpm-patch %s\\n' "$name"
  patch --strip="$strip" --fuzz=0 --batch --forward --no-backup-if-mismatch --reject-file=- --directory="$tree" --input="$folder/$name" || exit 1
done
`;

/**
 * Applies the spec's patches one upon the other to a tree of which nobody knows whether they fit. All of them, or the failure names the first
 * that does not, with file and hunk. The tree is used up.
 */
export async function tryPatches(context: NodeContext, work: Work, tree: string, patches: readonly SpecPatch[], strip: number): Promise<ReadonlySet<number>> {
  const argv = script(APPLY, [String(strip), tree, `${work.root}/SOURCES`, ...patches.map(({ file }) => file)]);
  const { exit, output, answers } = await runStep(context, work, { argv, answers: 'crpm-' });
  if (exit.code === 0) return new Set(patches.map((patch) => patch.number));
  const name = marked(answers, 'crpm-patch ').at(-1) ?? '';
  const said = output.lines.slice(output.lines.lastIndexOf(`crpm-patch ${name}`) + 1);
  const trees = await snapshots(context);
  const [own, ofSpec] = [ownNames(trees.tree, context.workspace), ownNames(trees.spec, context.workspace)];
  const patch = ofSpec.path(name);
  const reject = firstReject(said, own.path);
  return fail({
    class: 'build',
    cause: 'patch',
    message: `the patch ${patch} of the spec does not apply to this tree: ${reject}`,
    next: `Change the patch, or what you edited near it. If the tree holds the patches already, say so in the config: sources.${context.node.group ?? '<name>'}.patches: drop, or a list of those to keep.`,
    lines: said.slice(-10),
    // A later one wants those before it, and a file that is made the tree does not have. What was rejected lies nowhere: it was tried on a copy.
    ...(name === patches[0]?.file && isAbsolute(patch) && reject.includes(trees.tree.dir) ? { commands: [`patch --dry-run -p${String(strip)} -F0 -d ${quote(trees.tree.dir)} < ${quote(patch)}`] } : {}),
  });
}

/** As patch shows the lines of the patch that led to a file which is not there: `|+++ b/block/io.c`. */
function missingFile(lines: readonly string[]): string | undefined {
  return lines.flatMap((line) => /^\|\+\+\+ (?:b\/)?([^\t]+)/.exec(line)?.[1] ?? []).at(-1);
}

/** `hunk #2 of block/io.c`, from what patch prints. */
export function firstReject(lines: readonly string[], path: (file: string) => string = (file) => file): string {
  let file = 'an unknown file';
  for (const line of lines) {
    const named = /^(?:patching|checking) (?:file|symbolic link) '?(.+?)'?(?: \(.*\))?$/.exec(line)?.[1];
    if (named !== undefined) file = path(named);
    const hunk = /^Hunk #(\d+) (?:FAILED|ignored)/.exec(line)?.[1];
    if (hunk !== undefined) return `hunk #${hunk} of ${file}`;
    if (/^can't find file to patch/.test(line)) return `${missingFile(lines) ?? 'a file it changes'} does not exist`;
    if (/previously applied/.test(line)) return `${file} has the change already`;
    if (/^patch: \*{4} /.test(line)) return line.replace(/^patch: \*{4} /, '');
  }
  return file;
}
