import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fail, FailureError } from '@crpm/core';

/** Without a byte for so long, a server is down. Milliseconds. */
const SILENCE = 60_000;

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

export interface DownloadOptions {
  readonly algorithm?: 'sha256' | 'sha512';
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets what an http(s) address holds into a file; its digest in hex. Redirects are followed, but not from https down to http. Node's own `fetch`, which
 * takes no proxy from the environment; the failure says so where one is set.
 *
 * Fails with class `usage` (no such file), `environment` (network, server) or `cancelled`; the file is then of no use.
 */
export async function download(url: string, file: string, { algorithm = 'sha256', signal }: DownloadOptions = {}): Promise<string> {
  const silence = new AbortController();
  let timer = setTimeout(() => { silence.abort(); }, SILENCE);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { silence.abort(); }, SILENCE);
  };
  const hash = createHash(algorithm);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([silence.signal, ...(signal ? [signal] : [])]), headers: { accept: '*/*', 'accept-encoding': 'identity' } });
    checkResponse(url, response);
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    body.on('data', (chunk: Uint8Array) => {
      heard();
      hash.update(chunk);
    });
    await pipeline(body, createWriteStream(file, { flags: 'wx' }));
    return hash.digest('hex');
  } catch (error) {
    if (error instanceof FailureError) throw error;
    if (signal?.aborted) fail({ class: 'cancelled', message: `stopped while getting ${url}` }, error);
    if ((error as NodeJS.ErrnoException).syscall === 'write' || (error as NodeJS.ErrnoException).syscall === 'open') throw error;
    const why = silence.signal.aborted ? `no byte for ${SILENCE / 1000} seconds` : causeOf(error);
    fail({ class: 'environment', cause: 'network', message: `can't get ${url}: ${why}`, next: nextOf(), transient: true }, error);
  } finally {
    clearTimeout(timer);
  }
}

function checkResponse(url: string, response: Response): void {
  if (url.startsWith('https:') && !response.url.startsWith('https:')) {
    fail({ class: 'environment', message: `${url} leads to ${response.url}, which anybody on the way could change`, next: 'Name an address that stays on https.' });
  }
  if (response.ok && response.body) return;
  const gone = response.status === 404 || response.status === 410 || response.status === 403 || response.status === 401;
  fail({
    class: gone ? 'usage' : 'environment',
    ...(gone ? {} : { cause: 'network' as const }),
    message: `can't get ${url}: the server answers ${response.status} ${response.statusText}`.trimEnd(),
    next: gone ? 'Correct the address in the config; or get it by hand and name the file.' : 'Try again later; or get it by hand and name the file.',
    ...(response.status >= 500 && { transient: true as const }),
  });
}

/** What undici hides behind "fetch failed". */
function causeOf(error: unknown): string {
  const cause = (error as Error).cause;
  return cause instanceof Error && cause.message !== '' ? cause.message : (error as Error).message;
}

function nextOf(): string {
  const proxy = PROXIES.find((name) => process.env[name]);
  return proxy === undefined ? 'Check the network; or get the file by hand and name it.' : `crpm itself takes no proxy (${proxy} is set): get the file by hand, curl -LO does, and name it.`;
}
