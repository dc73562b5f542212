import type { Command, Work } from '@crpm/core';

import { quote } from '../quote.js';

/** A program of a node, as it is run. */
export type Program = Pick<Command, 'argv' | 'cwd' | 'env' | 'network'>;

/** A work folder that stands as a node finds it. Whoever gets one closes its work. */
export interface Scene {
  readonly work: Work;
  /** What the node runs next there, or ran last. */
  readonly program?: Program;
  /** What the folder is and has, one clause. */
  readonly what: string;
  /** Where to look first, below the work's root. */
  readonly look?: string;
}

/** The file in a scene that does what the node does. */
export const NODE_SCRIPT = 'node.sh';

/** The text of {@link NODE_SCRIPT}. Of a shell script the text itself, so that it can be read and changed; of any other program the line. */
export function nodeScript(node: string, { argv, cwd = '.', env = {} }: Program): string {
  const [shell, option, text, , ...args] = argv;
  const isScript = shell === 'sh' && option === '-c' && text !== undefined;
  return [
    '#!/bin/sh',
    `# What ${node} runs in this folder.`,
    `cd -- "$(dirname -- "$0")"${cwd === '.' ? '' : `/${quote(cwd)}`}`,
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(isScript ? [`set -- ${args.map(quote).join(' \\\n  ')}`, text.trim()] : [`exec ${argv.map(quote).join(' ')}`]),
    '',
  ].join('\n');
}
