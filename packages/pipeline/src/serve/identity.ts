import { ownIdentity, type ProcessIdentity } from '@crpm/state';

/** What the server says of itself at `/.crpm`, and what is recorded of it. */
export interface ServerIdentity extends ProcessIdentity {
  /** `<name>-<hash>` of the workspace it serves. */
  readonly workspace: string;
  /** When it began to listen, ISO 8601. */
  readonly since: string;
}

/** Path of the health endpoint. */
export const HEALTH_PATH = '/.crpm';

/** Of this process. */
export function serverIdentity(workspace: string): ServerIdentity {
  return { ...ownIdentity(), workspace, since: new Date().toISOString() };
}

/** Nothing for what no server of ours says. */
export function parseIdentity(text: string): ServerIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isIdentity(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isIdentity(value: unknown): value is ServerIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const texts = ['start', 'boot', 'host', 'namespace', 'workspace', 'since'];
  // A pid of 0 or 1 would make a signal reach somebody else.
  return Number.isSafeInteger(fields['pid']) && Number(fields['pid']) > 1 && texts.every((name) => typeof fields[name] === 'string');
}
