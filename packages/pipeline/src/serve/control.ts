import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fail, type WorkspacePaths } from '@crpm/core';
import { liveness } from '@crpm/state';
import { repositoryDir } from '../paths.js';
import { baseUrlOf } from './address.js';
import { fetchBytes } from './fetch.js';
import { HEALTH_PATH, parseIdentity, type ServerIdentity } from './identity.js';
import { choosePort } from './port.js';
import { findPortHolder } from './port-holder.js';
import { forgetServer, readRememberedPort, readServerRecord, rememberPort, serverLog, writeServerRecord } from './records.js';
import type { ServerMessage } from './server-protocol.js';
import { startService } from './service.js';
import { spawnServer } from './spawn.js';

/** Our own server says who it is at once, or soon on a machine that builds; whoever holds the port and says nothing for this long is another. */
const HEALTH_MS = 5000;

export interface RunningServer {
  readonly running: true;
  readonly pid: number;
  /** ISO 8601 */
  readonly since: string;
  readonly port: number;
  /** With a slash at its end. */
  readonly baseUrl: string;
}

/** What a face says about the server; port and address are known even while it does not run. */
export type ServerStatus = RunningServer | { readonly running: false; readonly port: number; readonly baseUrl: string };

export interface ServeOptions {
  readonly workspace: WorkspacePaths;
  /** `serve.port` of the config. */
  readonly configuredPort?: number;
}

export interface StartOptions extends ServeOptions {
  /** Absolute path of the bundled server program. */
  readonly serverEntry: string;
  /** `--port N`: from now on the port of this workspace. */
  readonly port?: number;
}

/** The port of the workspace, and whether its own server answers there. */
export async function serverStatus({ workspace, configuredPort }: ServeOptions): Promise<ServerStatus> {
  const port = choosePort(workspace.id, configuredPort, readRememberedPort(workspace.state));
  const server = await answering(port, workspace.id);
  return server ? statusOf(server, port) : { running: false, port, baseUrl: baseUrlOf(port) };
}

/**
 * Starts the workspace's server unless it is up. Whoever already holds the port is found out by trying to bind it, never before.
 * A server of ours on another port ends only when the new one answers. Fails (class `environment`) when the port is taken.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { workspace, configuredPort, serverEntry } = options;
  const port = options.port ?? choosePort(workspace.id, configuredPort, readRememberedPort(workspace.state));
  const former = readServerRecord(workspace.state);
  let server = await answering(port, workspace.id);
  if (!server) {
    // With a service of its own, systemd keeps it: it must not find its port taken.
    if (options.port === undefined && (await startService(workspace, process.env))) server = await soon(() => answering(port, workspace.id));
  }
  if (!server) {
    const outcome = await spawnServer(serverEntry, { workspace: workspace.id, repoDir: repositoryDir(workspace), port }, workspace.state);
    // Somebody of this workspace may have started it at the same moment: then the port is taken, and by the right one.
    server = await answering(port, workspace.id);
    if (!server) failToServe(port, outcome, workspace.state);
  }
  writeServerRecord(workspace.state, server);
  if (options.port !== undefined) rememberPort(workspace.state, { port, ...(configuredPort === undefined ? {} : { over: configuredPort }) });
  if (former && former.pid !== server.pid) await endProcess(former);
  return statusOf(server, port);
}

/**
 * Ends the workspace's server, and only it: the process that says so on its port (systemd may have started it), or the one on record. Says whether there was one.
 */
export async function stopServer({ workspace, configuredPort }: ServeOptions): Promise<boolean> {
  const port = choosePort(workspace.id, configuredPort, readRememberedPort(workspace.state));
  const server = (await answering(port, workspace.id)) ?? readServerRecord(workspace.state);
  const ended = server?.workspace === workspace.id && (await endProcess(server));
  forgetServer(workspace.state);
  return ended;
}

function statusOf({ pid, since }: ServerIdentity, port: number): RunningServer {
  return { running: true, pid, since, port, baseUrl: baseUrlOf(port) };
}

/** This workspace's server, if it is what answers on the port. */
async function answering(port: number, workspaceId: string): Promise<ServerIdentity | undefined> {
  try {
    const identity = parseIdentity((await fetchBytes(new URL(HEALTH_PATH, baseUrlOf(port)).href, AbortSignal.timeout(HEALTH_MS))).toString('utf8'));
    return identity?.workspace === workspaceId ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** What a service that was just started says, within two seconds. */
async function soon<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  let answer = await ask();
  for (const until = performance.now() + 2000; answer === undefined && performance.now() < until; answer = await ask()) await setTimeout(50);
  return answer;
}

/** SIGTERM, then waits until the process is gone; SIGKILL after five seconds. False if it was not there, or its pid is another's by now. */
async function endProcess(server: ServerIdentity): Promise<boolean> {
  if (liveness(server) !== 'alive') return false;
  process.kill(server.pid, 'SIGTERM');
  const deadline = performance.now() + 5000;
  // It is no child of this process, so nothing tells when it ends.
  while (liveness(server) === 'alive') {
    if (performance.now() > deadline) process.kill(server.pid, 'SIGKILL');
    await setTimeout(10);
  }
  return true;
}

function failToServe(port: number, outcome: ServerMessage, state: string): never {
  if (outcome.type === 'failed' && outcome.code === 'EADDRINUSE') {
    const holder = findPortHolder(port);
    fail({
      class: 'environment',
      message: `port ${port} of 127.0.0.1 is held by ${holder ? `process ${holder.pid} (${holder.command})` : 'another program'}, so the repository can't be served there`,
      next: 'Choose another port: crpm serve --port N. It is remembered, and the addresses in WORKSPACE move along.',
    });
  }
  fail({
    class: 'environment',
    message: `the repository server did not start on port ${port}: ${outcome.type === 'failed' ? outcome.message : 'it does not answer'}`,
    next: 'Choose another port with crpm serve --port N, or see crpm doctor.',
    lines: readFileSync(serverLog(state), 'utf8').trim().split('\n').slice(0, 20),
  });
}
