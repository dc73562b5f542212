import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@crpm/state';
import { parseIdentity, type ServerIdentity } from './identity.js';
import type { RememberedPort } from './port.js';

const serverFile = (state: string): string => join(state, 'serve', 'server.json');
const portFile = (state: string): string => join(state, 'serve', 'port.json');

/** The log of the server process: empty unless it died. */
export const serverLog = (state: string): string => join(state, 'serve', 'server.log');

/** The process that was last seen to serve a workspace; a record that is missing or broken says nothing. */
export function readServerRecord(state: string): ServerIdentity | undefined {
  return parseIdentity(readText(serverFile(state)));
}

export function writeServerRecord(state: string, server: ServerIdentity): void {
  write(serverFile(state), server);
}

export function forgetServer(state: string): void {
  rmSync(serverFile(state), { force: true });
}

export function readRememberedPort(state: string): RememberedPort | undefined {
  try {
    const { port, over } = JSON.parse(readText(portFile(state))) as Record<string, unknown>;
    return isPort(port) ? { port, ...(isPort(over) ? { over } : {}) } : undefined;
  } catch {
    return undefined;
  }
}

export function rememberPort(state: string, remembered: RememberedPort): void {
  write(portFile(state), remembered);
}

function write(file: string, value: object): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileAtomic(file, JSON.stringify(value), { mode: 0o600 });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
}
