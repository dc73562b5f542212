import type { NodeContext } from '@crpm/core';

import { removeRecord } from './record.js';

/** Removes a build tree of this workspace, and what is known of it. The record goes first: a tree without one is never used. */
export async function discardTree(context: NodeContext, name: string): Promise<void> {
  removeRecord(context.workspace, name);
  const engine = await context.engine();
  const owned = await engine.list({ workspace: context.workspace.id });
  await engine.remove(owned.filter(({ keeps }) => keeps?.what === 'tree' && keeps.name === name));
}
