import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type Failure } from '@crpm/core';

/** The files that `rpm-deps` yields, relative to a KubeVirt tree: all that ever changes in the user's. */
export const YIELDED = ['WORKSPACE', 'rpm/BUILD.bazel'] as const;

export type YieldedPath = (typeof YIELDED)[number];

/** Their text, by those names. */
export type Yielded = Readonly<Record<YieldedPath, string>>;

/** Fails with class `usage` for a user's tree that has not both of them as plain text files. */
export function readYielded(tree: string): Yielded {
  return readBoth(tree, (message) => ({ class: 'usage', message, next: 'Point kubevirt.dir at a KubeVirt tree, with its WORKSPACE and rpm/BUILD.bazel.' }));
}

/** The same of the private copy after KubeVirt's script ran there; what is wrong then, the script did (class `build`). */
export function readMade(copy: string): Yielded {
  return readBoth(copy, (message) => ({ class: 'build', message: `KubeVirt's script ended with 0, but ${message}`, next: 'Look at hack/rpm-deps.sh; the KubeVirt tree is untouched.' }));
}

type Complaint = (message: string) => Failure;

function readBoth(tree: string, complaint: Complaint): Yielded {
  return { WORKSPACE: read(tree, 'WORKSPACE', complaint), 'rpm/BUILD.bazel': read(tree, 'rpm/BUILD.bazel', complaint) };
}

function read(tree: string, path: YieldedPath, complaint: Complaint): string {
  const file = join(tree, path);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  // A link would be replaced by the rename, and its target left behind.
  if (!stat?.isFile()) fail(complaint(`${file} is ${stat ? 'no plain file' : 'not there'}`));
  const bytes = readFileSync(file);
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) fail(complaint(`${file} is not UTF-8 text`));
  return text;
}
