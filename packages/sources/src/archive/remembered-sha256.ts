import { readFileSync, statSync, type Stats } from 'node:fs';
import { errorCode, writeFileAtomic } from '@crpm/state';
import { sha256Of } from './archive-tree.js';

/** Coarser than the time stamps of any file system: what was touched so short before it was read may have been touched again since, unseen. Milliseconds. */
const RACY_WINDOW = 2_000;

/** The sha256 (hex) of a file, read again only when `stat` says that it changed since; `memory` is the file that remembers. Fails as {@link sha256Of} does. */
export async function rememberedSha256(file: string, memory: string, signal?: AbortSignal): Promise<string> {
  const begun = Date.now();
  const before = identityOf(file, begun);
  const known = recall(memory);
  if (before !== undefined && known?.identity === before) return known.sha256;
  const sha256 = await sha256Of(file, signal);
  if (before !== undefined && before === identityOf(file, begun)) writeFileAtomic(memory, JSON.stringify({ identity: before, sha256 }), { mode: 0o600, durable: false });
  return sha256;
}

/** What tells a file from any other content at its path; nothing where that can't be trusted. */
function identityOf(file: string, now: number): string | undefined {
  let stat: Stats | undefined;
  try {
    stat = statSync(file);
  } catch {
    return undefined; // reading it will say why
  }
  if (Math.max(stat.mtimeMs, stat.ctimeMs) > now - RACY_WINDOW) return undefined;
  return [file, stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(' ');
}

function recall(memory: string): { readonly identity: string; readonly sha256: string } | undefined {
  try {
    return JSON.parse(readFileSync(memory, 'utf8')) as { identity: string; sha256: string };
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
