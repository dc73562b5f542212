import { createHash } from 'node:crypto';
import type { Labels, WorkOptions } from '@crpm/core';
import { KEEPS, NAME, OWNED, toEngineLabels, type EngineLabels } from './labels.js';

/** What outlives the works that use it: a build tree of a workspace, or a cache of nobody's. */
export interface Kept {
  /** For the engine; those of {@link identity} are enough to know it again. */
  readonly labels: Readonly<Record<string, string>>;
  /** The names that it may have, in the order in which they are tried: somebody else may hold the first ones. */
  readonly names: readonly string[];
}

const NAME_RULE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const ATTEMPTS = 10;

export function keptTree(labels: Labels, name: string): Kept {
  return kept('tree', labels.workspace, name, toEngineLabels(labels));
}

/** Labelled with no workspace, run or node: whoever made it has no more to do with it than the next. */
export function keptCache(name: string): Kept {
  return kept('cache', '', name, { [OWNED]: '1' });
}

/** The kept things that a work asks for. */
export function keptBy(options: WorkOptions): { readonly tree?: Kept; readonly copyOf?: Kept; readonly cache?: Kept } {
  return {
    ...(options.copyOf === undefined ? {} : { copyOf: keptTree(options.labels, options.copyOf) }),
    ...(options.tree === undefined ? {} : { tree: keptTree(options.labels, options.tree) }),
    ...(options.cache === undefined ? {} : { cache: keptCache(options.cache) }),
  };
}

/** Whether an object with these labels is the one that is meant. */
export function isKept({ labels }: Kept, found: EngineLabels): boolean {
  return [OWNED, KEEPS, NAME, 'dev.crpm.workspace'].every((key) => found?.[key] === labels[key]);
}

/** The names follow from what they are names of, so that two processes that make the same thing at the same time make one. */
function kept(what: 'tree' | 'cache', workspace: string, name: string, labels: Readonly<Record<string, string>>): Kept {
  if (!NAME_RULE.test(name)) throw new Error(`a ${what} has a name outside [A-Za-z0-9][A-Za-z0-9._-]*: ${JSON.stringify(name)}`);
  const digest = createHash('sha256').update(JSON.stringify([workspace, name])).digest('hex').slice(0, 12);
  // Names of volumes and folders are bounded; the digest tells those apart that are cut.
  const base = `crpm-${what}-${name.slice(0, 80)}-${digest}`;
  const names = Array.from({ length: ATTEMPTS }, (_, attempt) => (attempt === 0 ? base : `${base}-${attempt + 1}`));
  return { labels: { ...labels, [KEEPS]: what, [NAME]: name }, names };
}
