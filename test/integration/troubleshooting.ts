import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../docs/troubleshooting.md');

/** What `docs/troubleshooting.md` shows below each heading that names a cause. */
export function shownFailures(): ReadonlyMap<string, string> {
  const sections = readFileSync(FILE, 'utf8').split(/^### /m).slice(1);
  return new Map(
    sections.flatMap((section) => {
      const [, cause, block] = /^.*\(`([a-z-]+)`\)\n+((?: {4}.*\n)+)/.exec(section) ?? [];
      return cause === undefined || block === undefined ? [] : [[cause, block.replaceAll(/^ {4}/gm, '').trimEnd()] as const];
    }),
  );
}
