import { randomBytes } from 'node:crypto';
import type { Labels, OwnedFilter, OwnedObject } from '@crpm/core';

/** Marks every object as crpm's; its presence is what allows removal. */
export const OWNED = 'dev.crpm';

const KEYS = { workspace: 'dev.crpm.workspace', run: 'dev.crpm.run', node: 'dev.crpm.node' } as const;

/** Labels of what outlives its run; see `kept.ts`. */
export const KEEPS = 'dev.crpm.keeps';
export const NAME = 'dev.crpm.name';

/** Labels as an engine has them; Podman leaves them out where there are none. */
export type EngineLabels = Readonly<Record<string, string>> | null | undefined;

export function toEngineLabels(labels: Labels): Record<string, string> {
  for (const [key, value] of Object.entries(labels)) {
    // Label values reach Dockerfile instructions and file names; the contract in core bounds them.
    if (!/^[A-Za-z0-9._@-]+$/.test(value as string)) throw new Error(`label ${key} has a value outside [A-Za-z0-9._@-]: ${JSON.stringify(value)}`);
  }
  return { [OWNED]: '1', [KEYS.workspace]: labels.workspace, [KEYS.run]: labels.run, [KEYS.node]: labels.node };
}

/** What labels say about whose an object is and why it is there; nothing if it is not ours, or not of the workspace asked for. */
export function fromEngineLabels(all: EngineLabels, filter: OwnedFilter = {}): Pick<OwnedObject, 'labels' | 'keeps'> | undefined {
  if (all?.[OWNED] !== '1') return undefined;
  // A shared cache has no workspace, and so belongs to none that anybody asks for.
  const labels = { workspace: all[KEYS.workspace] ?? '', run: all[KEYS.run] ?? '', node: all[KEYS.node] ?? '' };
  if (filter.workspace !== undefined && labels.workspace !== filter.workspace) return undefined;
  const what = all[KEEPS];
  return { labels, ...(what === 'tree' || what === 'cache' ? { keeps: { what, name: all[NAME] ?? '' } } : {}) };
}

/** A name that nobody else has: `crpm-<workspace>-<random>`. */
export function objectName(labels: Labels): string {
  const workspace = labels.workspace.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 40);
  return `crpm-${workspace}-${randomBytes(6).toString('hex')}`;
}
