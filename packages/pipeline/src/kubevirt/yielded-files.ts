import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '@crpm/core';

/** The files that `rpm-deps` yields, relative to a KubeVirt tree: all that ever changes in the user's. */
export const YIELDED = ['WORKSPACE', 'rpm/BUILD.bazel'] as const;

export type YieldedPath = (typeof YIELDED)[number];

/** Their text, by those names. */
export type Yielded = Readonly<Record<YieldedPath, string>>;

/** Fails with class `usage` for a tree that has not both of them as plain text files. */
export function readYielded(tree: string): Yielded {
  return { WORKSPACE: read(tree, 'WORKSPACE'), 'rpm/BUILD.bazel': read(tree, 'rpm/BUILD.bazel') };
}

function read(tree: string, path: YieldedPath): string {
  const file = join(tree, path);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  // A link would be replaced by the rename, and its target left behind.
  if (!stat?.isFile()) fail({ class: 'usage', message: `${file} is ${stat ? 'no plain file' : 'not there'}`, next: 'Point kubevirt.dir at a KubeVirt tree, with its WORKSPACE and rpm/BUILD.bazel.' });
  const bytes = readFileSync(file);
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) fail({ class: 'usage', message: `${file} is not UTF-8 text` });
  return text;
}
