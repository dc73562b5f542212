import type { GraphNode } from '@crpm/core';

import { readPlace } from '../compile/ids.js';
import { plainName } from './text.js';

/** What a node does, as lines of bash. */
export interface Step {
  /** One line above it. */
  readonly title: string;
  readonly lines: readonly string[];
  /** Functions and texts of the library that it uses. */
  readonly uses?: readonly string[];
}

/** What steps need of the run as a whole. */
export interface Whole {
  /** Commits and checksums that the lock file names, by address. */
  pinned(address: string, ref?: string): string | undefined;
  readonly port: number;
}

/** Folder of a package in one place, as a word of bash. */
export function folderOf(id: string): string {
  const at = id.indexOf('@');
  const bare = readPlace(id).id;
  return `"$WORK"/${bare.slice(0, bare.lastIndexOf('.'))}${at < 0 ? '' : id.slice(at)}`;
}

/** The variable with the image that a node made; its value is empty where there is none, on this machine itself. */
export function imageOf(id: string): string {
  return `image_${plainName(id)}`;
}

export function needEnding(node: GraphNode, step: string): string {
  const found = node.needs.find((need) => readPlace(need).id.split('.').at(-1) === step);
  if (found === undefined) throw new Error(`${node.id} has no need ${step}`);
  return found;
}
