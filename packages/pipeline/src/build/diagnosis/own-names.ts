import { join, posix } from 'node:path';

import { bytesOf } from '@crpm/archive';
import type { WorkspacePaths } from '@crpm/core';

import type { SnapshotTree } from '../trees.js';

/** How files of a tree are named to the user. */
export interface OwnNames {
  /** Of a file as the tree names it: where an editor finds it, if the tree has it and is the user's. */
  path(file: string): string;
  /** A line of output in which files of the tree are named so, and others without the folders that rpmbuild unpacks in. */
  line(text: string): string;
}

/** Up to the folder that rpmbuild unpacks an archive in; rpm 4.20 has one more. */
const IN_BUILD = /(?<![^\s'"`(\u2018])\/\S*?\/BUILD\/(?!\S*\/BUILDROOT\/)(?:[^/\s]+-build\/)?[^/\s]+\/([^\s:'"`()\u2019]+)/g;
/** As compilers name files: from the folder that they are called in, with a line behind. */
const WITH_LINE = /(?<![^\s'"`(])(?:\.\.?\/)*([^\s/:'"`()][^\s:'"`()]*)(?=:\d+)/g;

/** Without a tree of the user's, which what crpm fetched is not, files are named as the tree names them. */
export function ownNames(tree: SnapshotTree | undefined, { cache }: Pick<WorkspacePaths, 'cache'>): OwnNames {
  const own = tree && !tree.dir.startsWith(`${cache}/`) ? { dir: tree.dir, files: new Set(tree.manifest.entries.map(({ path }) => path)) } : undefined;
  const find = (file: string) => (own?.files.has(bytesOf(file)) ? join(own.dir, file) : undefined);
  const path = (file: string) => find(file) ?? file;
  return {
    path,
    line: (text) => text.replace(IN_BUILD, (_whole, file: string) => path(posix.normalize(file))).replace(WITH_LINE, (whole, file: string) => find(posix.normalize(file)) ?? whole),
  };
}
