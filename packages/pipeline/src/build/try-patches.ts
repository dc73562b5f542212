import { fail, type NodeContext, type Work } from '@crpm/core';

import type { SpecPatch } from './patches.js';
import { runStep } from './work.js';

/**
 * Applies the spec's patches one upon the other to a tree of which nobody knows whether they fit. All of them, or the failure names the first
 * that does not, with file and hunk. The tree is used up.
 */
export async function tryPatches(context: NodeContext, work: Work, tree: string, patches: readonly SpecPatch[], strip: number): Promise<ReadonlySet<number>> {
  for (const { file } of patches) {
    const argv = ['patch', `--strip=${String(strip)}`, '--batch', '--forward', '--no-backup-if-mismatch', `--directory=${tree}`, `--input=${work.root}/SOURCES/${file}`];
    const { exit, output } = await runStep(context, work, { argv });
    if (exit.code === 0) continue;
    fail({
      class: 'usage',
      message: `the patch ${file} of the spec does not apply to this tree: ${firstReject(output.lines)}`,
      next: `Choose for this source: patches: drop (the tree holds them already), patches: keep, or patches: [a list of those to keep].`,
      lines: output.telling(),
    });
  }
  return new Set(patches.map((patch) => patch.number));
}

/** `hunk #2 of block/io.c`, from what patch prints. */
export function firstReject(lines: readonly string[]): string {
  let file = 'an unknown file';
  for (const line of lines) {
    file = /^(?:patching|checking) (?:file|symbolic link) '?(.+?)'?(?: \(.*\))?$/.exec(line)?.[1] ?? file;
    const hunk = /^Hunk #(\d+) (?:FAILED|ignored)/.exec(line)?.[1];
    if (hunk !== undefined) return `hunk #${hunk} of ${file}`;
    if (/^can't find file to patch/.test(line)) return 'a file it changes does not exist';
    if (/previously applied/.test(line)) return `${file} has the change already`;
    if (/^patch: \*{4} /.test(line)) return line.replace(/^patch: \*{4} /, '');
  }
  return file;
}
