import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { OutputFile } from '@crpm/core';
import type { Repository } from '@crpm/oci';
import { each } from './each.js';

/** Files that are fetched at the same time. */
const AT_ONCE = 4;

/** Puts files into an empty folder. Each is what its digest says, or this fails. */
export async function fetchFiles(repository: Repository, files: readonly OutputFile[], folder: string, signal: AbortSignal): Promise<void> {
  await each(files, AT_ONCE, async ({ path, digest, size }) => {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await pipeline(repository.pullBlob({ digest, size }, { signal }), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  });
}
