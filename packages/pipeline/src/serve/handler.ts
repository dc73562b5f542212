import { lstatSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { readCurrentGeneration } from '@crpm/state';
import sirv, { type RequestHandler } from 'sirv';
import type { ServerIdentity } from './identity.js';
import { filesOf, repositoriesOf } from './listing.js';
import { parseRequestPath } from './request-path.js';

/**
 * Answers GET and HEAD for the repodata of the current generation and for every RPM ever published, and for nothing else; people who look at the root or at a
 * repository's address are told in plain text what is there.
 * `repoDir` is laid out by `publishGeneration`: `current` → `generations/<id>`, and `published/`.
 */
export function repositoryHandler(repoDir: string, identity: ServerIdentity): RequestListener {
  const published = staticFolder(join(repoDir, 'published'));
  const currentGeneration = generationReader(repoDir);
  return (request, response) => {
    guardStream(request, response);
    // The body of a GET is not ours to read; what keeps sending one loses its connection.
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      refuse(response, 405);
      return;
    }
    const wanted = parseRequestPath(request.url ?? '');
    switch (wanted.kind) {
      case 'refused':
        refuse(response, wanted.status);
        return;
      case 'health':
        response.setHeader('Content-Type', 'application/json');
        response.setHeader('Cache-Control', 'no-store');
        response.end(JSON.stringify(identity));
        return;
      case 'index':
        list(response, repositoriesOf(currentGeneration()?.paths ?? []));
        return;
      case 'listing': {
        const files = filesOf(currentGeneration()?.paths ?? [], wanted.path);
        if (files.length > 0) list(response, files);
        else refuse(response, 404);
        return;
      }
      case 'rpm':
        send(published, join(repoDir, 'published'), wanted.path, request, response);
        return;
      case 'repodata': {
        const generation = currentGeneration();
        if (generation?.paths.has(wanted.path)) send(generation.serve, generation.dir, wanted.path, request, response);
        else refuse(response, 404);
      }
    }
  };
}

/** The generation that `current` points to, its manifest read once for each generation. */
function generationReader(repoDir: string): () => { dir: string; paths: ReadonlySet<string>; serve: RequestHandler } | undefined {
  let known: { id: string; dir: string; paths: ReadonlySet<string>; serve: RequestHandler } | undefined;
  return () => {
    const current = readCurrentGeneration(repoDir);
    if (!current) return undefined;
    if (known?.id !== current.id) {
      known = { id: current.id, dir: current.dir, paths: new Set(current.files.map((file) => file.path)), serve: staticFolder(current.dir) };
    }
    return known;
  };
}

/** Addresses relative to the one that was asked for, one a line. */
function list(response: ServerResponse, paths: readonly string[]): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(paths.map((path) => `${path}\n`).join(''));
}

function send(serve: RequestHandler, root: string, path: string, request: IncomingMessage, response: ServerResponse): void {
  if (!isPlainFile(root, path)) {
    refuse(response, 404);
    return;
  }
  if (!isUsableRange(request.headers.range)) delete request.headers.range;
  request.url = `/${path}`;
  serve(request, response, () => refuse(response, 404));
}

/** A regular file that no symlink leads to, below `root`. */
function isPlainFile(root: string, path: string): boolean {
  let at = root;
  const components = path.split('/');
  return components.every((component, index) => {
    at = join(at, component);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    return index === components.length - 1 ? stat?.isFile() : stat?.isDirectory();
  });
}

/**
 * sirv in `dev` mode looks at the disk for every request, as files come and go while it runs. It labels `*.gz` with
 * `Content-Encoding: gzip`, which makes clients unpack the metadata and then miss its checksum: repodata is sent as it is.
 */
function staticFolder(dir: string): RequestHandler {
  return sirv(dir, { dev: true, dotfiles: true, extensions: [], setHeaders: (response) => response.setHeader('Content-Encoding', 'identity') });
}

/** sirv takes ranges on trust (`bytes=5-3` throws); one that it could not answer is ignored, as a server may. */
function isUsableRange(range: string | undefined): boolean {
  const match = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(range ?? '');
  if (!match) return range === undefined;
  const [, start, end] = match;
  return end === undefined || (Number(end) > 0 && Number(start) <= Number(end));
}

/** sirv pipes and forgets: a client that leaves would keep the file open, and a file that vanishes would end the process. */
function guardStream(request: IncomingMessage, response: ServerResponse): void {
  response.on('pipe', (source: Readable) => {
    source.on('error', () => response.destroy());
    response.on('close', () => source.destroy());
    if (request.method === 'HEAD') {
      source.unpipe(response);
      source.destroy();
      response.end();
    }
  });
}

function refuse(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain');
  // After a request that was not understood the rest of the stream is not either.
  if (status === 400) response.setHeader('Connection', 'close');
  response.end(`${status}\n`);
}
