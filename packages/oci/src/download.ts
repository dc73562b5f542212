import { isDigest, RunningDigest } from './digest.js';
import { RegistryError, unreachable, wrong, type What } from './failure.js';
import { pauseAfter } from './retry.js';
import type { Session } from './session.js';
import { discard, failureOf, type HttpAnswer } from './transport.js';

/** What is pulled: both are checked. */
export interface Expected {
  readonly digest: string;
  readonly size: number;
}

/** A connection that breaks after so many bytes was worth having; one that breaks before counts as another failure. */
const WORTH_HAVING = 1024 * 1024;

/**
 * The bytes of a blob, as they come. **Only when the iteration ends without an error are they what was asked for**: the sha256 is known at the end. A connection
 * that breaks is taken up again where it broke.
 */
export async function* download(session: Session, repository: string, expected: Expected, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  const what = { doing: `pulling ${expected.digest} from ${session.registry}/${repository}`, registry: session.registry };
  const digest = new RunningDigest();
  for (let failures = 0; digest.size < expected.size; ) {
    const start = digest.size;
    try {
      for await (const chunk of read(session, what, repository, expected, start, signal)) {
        digest.update(chunk);
        yield chunk;
      }
    } catch (error) {
      failures = digest.size - start >= WORTH_HAVING ? 1 : failures + 1;
      if (failures >= session.retry.attempts || !(error instanceof RegistryError) || !error.passing) throw error;
      await pauseAfter(failures, error, session.retry, signal);
    }
  }
  if (digest.end() !== expected.digest) throw wrong(what, 'the bytes that came have another digest');
}

/** What one connection gives from byte `start` on: all of the rest, or a failure. */
async function* read(session: Session, what: What, repository: string, expected: Expected, start: number, signal: AbortSignal | undefined): AsyncGenerator<Buffer, void, undefined> {
  const headers = start > 0 ? { range: `bytes=${start}-` } : {};
  const url = blobUrl(session, repository, expected.digest);
  const answer = await session.open(what, { method: 'GET', url, headers, repository, access: 'pull', signal, expect: start > 0 ? [200, 206] : [200] });
  try {
    let skip = checkLength(what, answer, expected, start);
    let left = expected.size - start;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      const fresh = chunk.subarray(skip);
      skip -= chunk.length - fresh.length;
      if (fresh.length > left) throw wrong(what, `the registry gives more than the ${expected.size} bytes that it should`);
      left -= fresh.length;
      if (fresh.length > 0) yield fresh;
      if (left === 0) return;
    }
    throw unreachable(what, new Error(`cut after ${expected.size - left} of ${expected.size} bytes`));
  } catch (error) {
    throw failureOf(what, error, signal);
  } finally {
    discard(answer);
  }
}

/** How many bytes of the answer are known already: a registry may not know ranges. */
function checkLength(what: What, answer: HttpAnswer, { size }: Expected, start: number): number {
  const skip = answer.status === 206 ? 0 : start;
  const range = answer.header('content-range');
  if (answer.status === 206 && !range?.startsWith(`bytes ${start}-`)) throw wrong(what, `asked for what is behind byte ${start}, the registry gives ${range ?? 'anything'}`);
  const length = answer.header('content-length');
  const right = size - start + skip;
  if (length !== undefined && Number(length) !== right) throw wrong(what, `the registry has ${length} bytes of it where there should be ${right}`);
  return skip;
}

/** What came from elsewhere and calls itself a digest must not lead to another place of the registry. */
export function blobUrl(session: Session, repository: string, digest: string): URL {
  if (!isDigest(digest)) throw wrong({ doing: `looking into ${session.registry}/${repository}`, registry: session.registry }, `${JSON.stringify(digest.slice(0, 100))} is no digest`);
  return session.url(`${repository}/blobs/${digest}`);
}
