import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** The file that `name` means on a PATH, as execvp(3) would find it; nothing if there is none. A name with a slash is relative to `cwd`. */
export function findProgram(name: string, path: string, cwd: string): string | undefined {
  const candidates = name.includes('/') ? [isAbsolute(name) ? name : join(cwd, name)] : path.split(':').map((folder) => join(folder === '' ? cwd : folder, name));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}
