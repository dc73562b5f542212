import type { Path } from '../yaml/nodes.js';

/** Paths, asked about by what lies inside or around them; each question costs as much as the path is long. */
export class PathSet {
  private readonly paths = new Set<string>();
  /** Every path that one of them lies in. */
  private readonly around = new Set<string>();

  add(path: Path): void {
    this.paths.add(toKey(path));
    for (let length = 0; length < path.length; length += 1) this.around.add(toKey(path.slice(0, length)));
  }

  /** Whether the path is one of them, lies in one, or has one in it. */
  touches(path: Path): boolean {
    if (this.around.has(toKey(path))) return true;
    for (let length = 0; length <= path.length; length += 1) if (this.paths.has(toKey(path.slice(0, length)))) return true;
    return false;
  }
}

/** Indexes and keys are told apart by nothing: the data has either the one or the other at a place. */
function toKey(path: Path): string {
  return JSON.stringify(path.map(String));
}
