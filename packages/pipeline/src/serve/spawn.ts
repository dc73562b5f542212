import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { serverLog } from './records.js';
import type { ServerArguments, ServerMessage } from './server-protocol.js';

/**
 * Starts the detached server and waits for its word: it listens, or why it can't. The server keeps nothing of this process: own
 * session, no terminal, an almost empty environment, a log in the state folder.
 */
export async function spawnServer(entry: string, args: ServerArguments, state: string): Promise<ServerMessage> {
  const logFile = serverLog(state);
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'w', 0o600);
  try {
    return await new Promise<ServerMessage>((resolve) => {
      const child = spawn(process.execPath, [entry, JSON.stringify(args)], {
        cwd: '/',
        detached: true,
        stdio: ['ignore', log, log, 'ipc'],
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      });
      const failed = (message: string) => resolve({ type: 'failed', code: '', message });
      child.once('message', (message) => {
        resolve(message as ServerMessage);
        child.unref();
      });
      child.once('error', (error) => failed(error.message));
      child.once('exit', (code, signal) => failed(`it ended with ${signal ?? code}`));
    });
  } finally {
    closeSync(log);
  }
}
