import { lstatSync, readdirSync } from 'node:fs';
import { bytesOf, fsPath, type BytePath } from '@crpm/archive';

/** Bytes that a folder takes on the disk, as du(1) counts them: a file with several names once. What goes away meanwhile counts nothing. */
export function diskUsage(path: string): number {
  const counted = new Set<string>();
  const folders = [bytesOf(path)];
  let bytes = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of namesIn(folder)) {
      const child = `${folder}/${name}`;
      const stat = lstatSync(fsPath(child), { throwIfNoEntry: false });
      const inode = stat && stat.nlink > 1 && !stat.isDirectory() ? `${stat.dev}:${stat.ino}` : undefined;
      if (!stat || (inode !== undefined && counted.has(inode))) continue;
      if (inode !== undefined) counted.add(inode);
      if (stat.isDirectory()) folders.push(child);
      bytes += stat.blocks * 512;
    }
  }
  return bytes;
}

function namesIn(folder: BytePath): BytePath[] {
  try {
    return readdirSync(fsPath(folder), 'latin1');
  } catch {
    return [];
  }
}
