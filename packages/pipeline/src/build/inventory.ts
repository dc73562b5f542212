import { execFile } from 'node:child_process';
import type { Failure } from '@crpm/core';

import type { BaseParams } from '../params.js';
import { LOOK, script } from './scripts.js';
import { installLines } from './tools.js';
import { marked } from './work.js';

/** What an image has and lacks. */
export interface Inventory {
  readonly missingTools: readonly string[];
  readonly missingRpms: readonly string[];
  readonly dnf: boolean;
  readonly lacksMacros: boolean;
  readonly dist: string;
  readonly osRelease: string;
}

/** The command whose output {@link readInventory} reads. */
export function lookArgv({ tools, packages }: Pick<BaseParams, 'tools' | 'packages'>): readonly string[] {
  return script(LOOK, [...tools, '--', ...packages]);
}

export function readInventory(answers: readonly string[]): Inventory {
  return {
    missingTools: marked(answers, 'crpm-missing-tool '),
    missingRpms: marked(answers, 'crpm-missing-rpm '),
    dnf: answers.includes('crpm-dnf'),
    lacksMacros: answers.includes('crpm-no-macros'),
    dist: marked(answers, 'crpm-dist ')[0]?.trim() ?? '',
    osRelease: marked(answers, 'crpm-os ').join('\n'),
  };
}

/** Why nothing can be built on this machine itself, on which crpm installs nothing; undefined: all is there. */
export function lackedByHost({ missingTools, missingRpms }: Pick<Inventory, 'missingTools' | 'missingRpms'>): Failure | undefined {
  const missing = [...missingTools, ...missingRpms];
  if (missing.length === 0) return undefined;
  return { class: 'environment', message: `this machine lacks what the build needs: ${missing.join(', ')}`, next: installLines(missing) };
}

/** Looks at this machine as the node `base` would. For `doctor`: no work folder is made. */
export async function lookAtHost(params: Pick<BaseParams, 'tools' | 'packages'>, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Failure | undefined> {
  const [program = 'sh', ...argv] = lookArgv(params);
  // Its exit code is that of its last program, which says nothing of those that it looked for.
  const stdout = await new Promise<string>((resolve) => execFile(program, argv, { env, signal }, (_error, text) => { resolve(text); }));
  return lackedByHost(readInventory(stdout.split('\n')));
}
