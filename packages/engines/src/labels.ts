import { randomBytes } from 'node:crypto';
import type { Labels } from '@crpm/core';

/** Marks every object as crpm's; its presence is what allows removal. */
export const OWNED = 'dev.crpm';

const KEYS = { workspace: 'dev.crpm.workspace', run: 'dev.crpm.run', node: 'dev.crpm.node' } as const;

export function toEngineLabels(labels: Labels): Record<string, string> {
  for (const [key, value] of Object.entries(labels)) {
    // Label values reach Dockerfile instructions and file names; the contract in core bounds them.
    if (!/^[A-Za-z0-9._@-]+$/.test(value as string)) throw new Error(`label ${key} has a value outside [A-Za-z0-9._@-]: ${JSON.stringify(value)}`);
  }
  return { [OWNED]: '1', [KEYS.workspace]: labels.workspace, [KEYS.run]: labels.run, [KEYS.node]: labels.node };
}

/** Our labels among all labels of an object; nothing if it is not ours. */
export function fromEngineLabels(all: Readonly<Record<string, string>> | null | undefined): Labels | undefined {
  if (all?.[OWNED] !== '1') return undefined;
  return { workspace: all[KEYS.workspace] ?? '', run: all[KEYS.run] ?? '', node: all[KEYS.node] ?? '' };
}

/** A name that nobody else has: `crpm-<workspace>-<random>`. */
export function objectName(labels: Labels): string {
  const workspace = labels.workspace.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 40);
  return `crpm-${workspace}-${randomBytes(6).toString('hex')}`;
}
