import { join } from 'node:path';
import type { ServeConfig } from '@crpm/core';
import { count } from '@crpm/reporters';
import { fine, warning, wrong, type Finding } from './finding.js';

export interface ServingFacts {
  readonly mode: ServeConfig['mode'];
  readonly baseUrl: string;
  /** Absent: only KubeVirt's builder could tell. */
  readonly running?: boolean;
  readonly why?: string;
  /** Who else has its port: a command line, or empty where nobody can tell. Absent: nobody. */
  readonly holder?: string;
  /** Absolute folder of the workspace's state. */
  readonly state: string;
}

export function judgeServing({ mode, baseUrl, running, why, holder, state }: ServingFacts): Finding {
  if (running !== false) return fine('repository', running ? `served at ${baseUrl}` : `for KubeVirt's builder at ${baseUrl}`);
  if (holder !== undefined) return wrong('repository', `its port is taken: ${baseUrl}${holder === '' ? '' : ` is ${holder}`}`, 'End that, or crpm serve --port N.');
  const detail = `not served at ${baseUrl}${why === undefined ? '' : `: ${why}`}`;
  switch (mode) {
    // Somebody else's server: no command of crpm's brings it up, and rpm-deps would fail without it.
    case 'published':
      return wrong('repository', detail, 'Correct serve.baseUrl in the config, or bring that server up.');
    case 'none':
      return warning('repository', detail, `Let your server at serve.baseUrl publish ${join(state, 'repo', 'current')}.`);
    default:
      return fine('repository', `${detail}; the port is free, and whatever command needs it serves it`);
  }
}

/** `number`: what dead runs left in the engine and in crpm's own folders; nobody works in the workspace. */
export function judgeLeftovers(number: number): Finding {
  return number === 0 ? fine('leftovers', 'none of dead runs') : warning('leftovers', `${count(number, 'thing')} of dead runs in the engine`, 'crpm clean --orphans; the next run that needs the engine removes them too.');
}
