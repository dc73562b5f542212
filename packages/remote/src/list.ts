import type { Repository } from '@crpm/oci';
import { fingerprintOfTag, parseManifest, type Overview } from './artifact.js';
import { each } from './each.js';

/** A result in the shared store. */
export interface Listed extends Overview {
  readonly fingerprint: string;
  readonly digest: string;
}

const AT_ONCE = 8;

/** All results there, newest first, and how many tags are none that this crpm can read. */
export async function listResults(repository: Repository, signal: AbortSignal): Promise<{ readonly results: readonly Listed[]; readonly unreadable: number }> {
  const results: Listed[] = [];
  let unreadable = 0;
  const tags = await repository.listTags({ signal });
  await each(tags.flatMap((tag) => { const fingerprint = fingerprintOfTag(tag); return fingerprint === undefined ? [] : [{ tag, fingerprint }]; }), AT_ONCE, async ({ tag, fingerprint }) => {
    const manifest = await repository.getManifest(tag, { signal });
    // Somebody may have removed it meanwhile.
    if (!manifest) return;
    const parsed = parseManifest(manifest.bytes);
    if (parsed.ok) results.push({ fingerprint, digest: manifest.descriptor.digest, ...parsed.value.overview });
    else unreadable++;
  });
  return { results: results.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.fingerprint < b.fingerprint ? -1 : 1)), unreadable };
}
