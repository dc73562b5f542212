import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readCurrentGeneration } from '@crpm/state';

/**
 * Arguments of `tar` that pack what the server would answer: every RPM ever published, then the current generation's metadata, each `repomd.xml`
 * last, so that whoever reads while it is unpacked sees the old repository or the new one.
 */
export function contentArguments(repoDir: string): readonly string[] {
  const generation = readCurrentGeneration(repoDir);
  const published = join(repoDir, 'published');
  const rpms = existsSync(published) ? ['-C', published, ...readdirSync(published).map((name) => `./${name}`)] : [];
  const isIndex = (path: string) => path.endsWith('/repomd.xml');
  const metadata = (generation?.files ?? []).map(({ path }) => path).filter((path) => /\/repodata\/[^/]+$/.test(path)).sort((a, b) => Number(isIndex(a)) - Number(isIndex(b)));
  return ['--create', '--file=-', '--owner=0', '--group=0', ...rpms, ...(generation ? ['-C', generation.dir, ...metadata.map((path) => `./${path}`)] : [])];
}
