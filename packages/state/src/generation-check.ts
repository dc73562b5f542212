import { join } from 'node:path';
import { writeFileAtomic } from './atomic.js';
import { hashFile } from './digest.js';
import { errorCode, realFs, type FileStat, type Fs } from './fs.js';
import { isAddressed, type Generation } from './generations.js';

/** What lstat said of a file when its content was last found right. A hint: without it the content is read again. */
type Seen = Readonly<Record<string, string>>;

/**
 * The first file of a generation, or of its addresses, that does not hold what was published; relative to the repository folder. Nothing where all
 * do. Costs an lstat for each file; content is read only where that says something new. An RPM shares its bytes with crpm's other copies by hard
 * links, so a change of one in place is a change of what KubeVirt is served.
 */
export async function findDamage(repoDir: string, generation: Generation, fs: Fs = realFs): Promise<string | undefined> {
  const noted = join(repoDir, 'checked.json');
  const before = readSeen(fs, noted);
  const now: Record<string, string> = {};
  for (const { path, sha256 } of generation.files) {
    const places = [`generations/${generation.id}/${path}`, ...(isAddressed(path) ? [`published/${path}`] : [])];
    for (const place of places) {
      const stat = fs.lstat(join(repoDir, place));
      if (stat?.type !== 'file') return place;
      const identity = identityOf(stat);
      if (before[place] !== identity && (await hashFile(join(repoDir, place), { fs })).sha256 !== sha256) return place;
      now[place] = identity;
    }
  }
  if (JSON.stringify(now) !== JSON.stringify(before)) note(fs, noted, now);
  return undefined;
}

function identityOf({ size, mtime, ctime, ino }: FileStat): string {
  return `${String(size)}:${String(mtime)}:${String(ctime)}:${String(ino)}`;
}

function readSeen(fs: Fs, file: string): Seen {
  try {
    const seen: unknown = JSON.parse(fs.readFile(file).toString());
    return typeof seen === 'object' && seen !== null ? (seen as Seen) : {};
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) !== undefined) return {};
    throw error;
  }
}

function note(fs: Fs, file: string, seen: Seen): void {
  try {
    writeFileAtomic(file, JSON.stringify(seen), { fs });
  } catch (error) {
    // A full disk costs the next check its time, not this one its answer.
    if (errorCode(error) === undefined) throw error;
  }
}
