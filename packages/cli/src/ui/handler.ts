import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { livePage, RunRecord, type PageAssets } from '@crpm/report';
import { logFileName } from '@crpm/runner';
import { listRuns, readEvents, runLogs, wasKilled } from '../run-folder.js';
import { follow, parsePlace, type FollowOptions } from './follow.js';
import { LogIndex } from './log-index.js';
import { newestRun } from './newest-run.js';

export interface UiOptions {
  readonly workspace: WorkspacePaths;
  /** What the workspace is called. */
  readonly name: string;
  readonly assets: PageAssets;
  readonly holder: FollowOptions['holder'];
  /** The port it listens on. */
  readonly port: () => number;
  /** The first part of every path that is answered; known to the user alone. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Logs whose places are remembered. */
const INDEXES = 64;

/**
 * Answers GET for the page of the newest run, its events as they come, and its logs; changes nothing. Only who names this machine as the host is answered: a page of somebody else's whose
 * name was made to lead here (DNS rebinding) gets nothing. And only who knows the key: 127.0.0.1 is open to all accounts of the machine.
 */
export function uiHandler(options: UiOptions): RequestListener {
  const indexes = new Map<string, LogIndex>();
  return (request, response) => {
    request.resume();
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (!isLocalHost(request.headers.host, options.port())) return refuse(response, 421, 'This address is for this machine alone.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return refuse(response, 405, 'Nothing can be changed here.');
    }
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, key = '', first, ...rest] = url.pathname.split('/');
    if (!isSame(key, options.key)) return refuse(response, 404, 'There is no such page: crpm ui prints the whole address.');
    const run = url.searchParams.get('run') ?? undefined;
    if (first === '' && rest.length === 0) return void sendPage(response, options);
    if (first === 'events' && rest.length === 0) return void sendEvents(request, response, run, options);
    if (first === 'logs' && run !== undefined) return sendLog(response, run, rest, indexes, options.workspace);
    return refuse(response, 404, 'There is no such page.');
  };
}

function isSame(given: string, key: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(key)];
  return one.length === other.length && timingSafeEqual(one, other);
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};

function isLocalHost(host: string | undefined, port: number): boolean {
  return ['127.0.0.1', 'localhost'].some((name) => host === `${name}:${String(port)}`);
}

async function sendPage(response: ServerResponse, { workspace, name, assets, holder }: UiOptions): Promise<void> {
  const holding = holder();
  const run = newestRun(workspace);
  const record = new RunRecord();
  for (const event of run === undefined ? [] : readEvents(runLogs(workspace, run))) record.take(event);
  const { started, ended } = record;
  const killed = started !== undefined && wasKilled({ started: started.at, ...(ended ? { finished: ended } : {}) }, holding);
  const page = await livePage({ record, name, now: Date.now(), killed, assets });
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page);
}

async function sendEvents(request: IncomingMessage, response: ServerResponse, run: string | undefined, { workspace, holder, signal }: UiOptions): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => { gone.abort(); });
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  // Whoever is cut off asks again after a second.
  response.write('retry: 1000\n\n');
  // A browser that was cut off says how far it came; it counts only for the run that it shows.
  const last = parsePlace(request.headers['last-event-id']?.toString());
  const from = run === undefined ? undefined : { run, offset: last?.run === run ? last.offset : 0 };
  const send = (text: string) => {
    if (response.destroyed || response.write(text)) return;
    return new Promise<void>((resolve) => {
      response.once('drain', resolve).once('close', resolve);
    });
  };
  await follow({ workspace, from: from && listRuns(workspace).includes(from.run) ? from : undefined, holder, send, signal: AbortSignal.any([signal, gone.signal]) });
  response.end();
}

function sendLog(response: ServerResponse, run: string, [node = '', chunk, ...more]: readonly string[], indexes: Map<string, LogIndex>, workspace: WorkspacePaths): void {
  const id = decode(node);
  if (id === undefined || more.length > 0 || !listRuns(workspace).includes(run)) return refuse(response, 404, 'There is no such run.');
  // A name of a file alone: what could lead elsewhere is written otherwise.
  const path = join(runLogs(workspace, run), logFileName(id));
  const index = indexes.get(path) ?? new LogIndex(path);
  indexes.delete(path);
  indexes.set(path, index);
  for (const old of indexes.keys()) if (indexes.size > INDEXES) indexes.delete(old);
  const catalogue = chunk === undefined || index.chunk(0) === undefined ? index.catalogue() : undefined;
  if (chunk === undefined) {
    if (!catalogue) return refuse(response, 404, 'There is no such log.');
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(catalogue));
    return;
  }
  const bytes = /^\d{1,9}$/.test(chunk) ? index.chunk(Number(chunk)) : undefined;
  if (!bytes) return refuse(response, 404, 'There is no such part of the log.');
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(bytes);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${String(status)} ${why}\n`);
}
