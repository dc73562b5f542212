import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What somebody types to start crpm: of a dependency of their project, which npx or a script of npm has started, `npx crpm`; unless there is one that their shell finds as well. */
export function howStarted(env: NodeJS.ProcessEnv): 'crpm' | 'npx crpm' {
  const byNpm = env['npm_command'] === 'exec' || env['npm_lifecycle_event'] !== undefined;
  return byNpm && !isOnPath(env['PATH'] ?? '') ? 'npx crpm' : 'crpm';
}

/** What npm puts in front of PATH is there for its own children only. */
function isOnPath(path: string): boolean {
  const folders = path.split(delimiter).filter((folder) => folder !== '' && !/\/node_modules\/\.bin\/?$/.test(folder));
  return folders.some((folder) => {
    try {
      accessSync(join(folder, 'crpm'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
