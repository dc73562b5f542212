import { lstatSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { tellShorter } from '@crpm/core';

/** Once the link `.crpm` is there, what it stands for is told by it: `.crpm/logs/…`. */
export function tellLink(root: string, cwd: string): void {
  const link = join(root, '.crpm');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) tellShorter(readlinkSync(link), relative(cwd, link));
}
