import path from 'node:path';
import type { Complaints } from '../check/complaints.js';
import type { Path } from '../yaml/nodes.js';

/** An absolute path. Nothing is expanded: `~` belongs to shells, and a folder may be named `$HOME`. */
export function resolvePath(text: string, root: string, at: Path, complaints: Complaints): string {
  if (text === '~' || text.startsWith('~/')) complaints.error(at, '~ is not expanded; write the whole path, or one relative to this file');
  return path.resolve(root, text);
}
