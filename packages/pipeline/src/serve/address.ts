import type { WorkspacePaths } from '@crpm/core';
import type { ServeFact } from '../facts.js';
import { choosePort } from './port.js';
import { readRememberedPort } from './records.js';

/** The base URL of a port of this machine, with a slash at its end. */
export function baseUrlOf(port: number): string {
  return `http://127.0.0.1:${port}/`;
}

/** Where the repository that `serve` told of is found now, with a slash at its end: crpm's own server may have moved since. */
export function servedAt(fact: ServeFact, workspace: WorkspacePaths): string {
  return fact.mode === 'process' ? baseUrlOf(choosePort(workspace.id, fact.port, readRememberedPort(workspace.state))) : fact.baseUrl;
}
