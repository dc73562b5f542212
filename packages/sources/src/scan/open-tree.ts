import { readdirSync, realpathSync } from 'node:fs';
import { fail } from '@crpm/core';
import { bytesOf, type BytePath } from '@crpm/archive';

const NEXT = 'Correct the folder in the config (sources.<name>.dir).';

/** The real path of a source tree, shown to be a folder that can be read. Fails with class `usage`. */
export function openTree(dir: string): BytePath {
  try {
    const real = realpathSync(dir);
    readdirSync(real);
    return bytesOf(real);
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        fail({ class: 'usage', message: `source tree ${dir} does not exist`, next: NEXT }, error);
        break;
      case 'ENOTDIR':
        fail({ class: 'usage', message: `source tree ${dir} is not a folder`, next: NEXT }, error);
        break;
      case 'EACCES':
        fail({ class: 'usage', message: `source tree ${dir} can't be read: permission denied`, next: `Give your user read access: chmod -R u+rX ${dir}` }, error);
        break;
      default:
        fail({ class: 'usage', message: `source tree ${dir} can't be read: ${(error as Error).message}`, next: NEXT }, error);
    }
  }
}

export function failEmpty(dir: string): never {
  fail({ class: 'usage', message: `source tree ${dir} is empty: there is nothing to build`, next: NEXT });
}
