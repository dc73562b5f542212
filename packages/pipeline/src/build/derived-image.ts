import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Engine, Image, NodeContext } from '@crpm/core';
import { writeFileAtomic } from '@crpm/state';

/**
 * An image made from another, remembered by what it was made from: a node that runs again with the same recipe (a source changed, its
 * spec did not) gets the same image, so its dependents stay fresh. A memo that can't be read is a miss.
 */
export async function derivedImage(context: NodeContext, engine: Engine, recipe: readonly string[], make: () => Promise<Image>): Promise<Image> {
  const folder = join(context.workspace.state, 'images');
  const key = createHash('sha256').update(JSON.stringify([engine.kind, ...recipe])).digest('hex');
  const file = join(folder, `${key}.id`);
  const known = readMemo(file);
  if (known !== undefined && (await engine.hasImage(known))) return { id: known };
  const image = await make();
  mkdirSync(folder, { recursive: true });
  writeFileAtomic(file, `${image.id}\n`);
  return image;
}

function readMemo(file: string): string | undefined {
  try {
    return /^(\S+)\n$/.exec(readFileSync(file, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
