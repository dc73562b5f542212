import { writeAll } from './atomic.js';
import { hashFile, type FileDigest } from './digest.js';
import { errorCode, type Fs } from './fs.js';

/** Why link(2) may refuse although both ends are fine: another file system, too many links, a file system without links, a guarded foreign file. */
const NO_LINK = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES']);

/**
 * Puts the bytes of `source` at the new name `target`, by hard link where the file system allows, else by a synced copy.
 * Returns what a copy was seen to hold, nothing for a link. Fails with EEXIST if `target` is there.
 */
export async function linkOrCopy(fs: Fs, source: string, target: string): Promise<FileDigest | undefined> {
  try {
    fs.link(source, target);
    return undefined;
  } catch (error) {
    if (!NO_LINK.has(errorCode(error) ?? '')) throw error;
  }
  return copyFile(fs, source, target);
}

/** A synced, read-only copy at the new name `target`. Leaves none behind when it fails. */
export async function copyFile(fs: Fs, source: string, target: string): Promise<FileDigest> {
  const fd = fs.open(target, 'wx', 0o600);
  try {
    const digest = await hashFile(source, { fs, each: (piece) => { writeAll(fs, fd, piece); } });
    fs.fsync(fd);
    fs.chmod(target, 0o444);
    return digest;
  } catch (error) {
    fs.remove(target);
    throw error;
  } finally {
    fs.close(fd);
  }
}
