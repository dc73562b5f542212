import { join } from 'node:path';
import { bytesBlob, fileBlob, type Repository } from '@crpm/oci';
import type { CachedResult } from '@crpm/state';
import { manifestOf, tagOf } from './artifact.js';
import { formatRecord, type ResultRecord } from './record.js';

/** Who pushes. */
export interface Author {
  /** For people: `ci@builder-3`. */
  readonly by: string;
  /** Version of crpm. */
  readonly crpm: string;
}

/** What became of it, and how many bytes were sent. */
export interface Pushed {
  readonly state: 'pushed' | 'there';
  readonly bytes: number;
}

/**
 * Pushes a result whose files are in a folder. One that is there already stays, unless `replace`: equal inputs give equal results, and of two who push at once either is right. The
 * tag comes last, so that nobody finds half a result.
 */
export async function pushResult(repository: Repository, result: CachedResult, folder: string, author: Author, { signal, replace = false }: { readonly signal: AbortSignal; readonly replace?: boolean }): Promise<Pushed> {
  const tag = tagOf(result.fingerprint);
  if (!replace && (await repository.hasManifest(tag, { signal }))) return { state: 'there', bytes: 0 };
  let bytes = 0;
  for (const { path, digest, size } of new Map(result.files.map((file) => [file.digest, file])).values()) {
    if (await repository.pushBlob(fileBlob(join(folder, path), { digest, size }), { signal })) bytes += size;
  }
  const record: ResultRecord = { format: 1, ...result, ...author };
  const config = bytesBlob(formatRecord(record));
  await repository.pushBlob(config, { signal });
  await repository.putManifest(manifestOf(record, { digest: config.digest, size: config.size }), tag, { signal });
  return { state: 'pushed', bytes };
}
