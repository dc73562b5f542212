import type { Expected } from './digest-stream.js';
import { XmlReader, type XmlHandler } from './xml.js';

/** One `<data>` of repomd.xml. */
export interface MetadataFile extends Expected {
  readonly type: string;
  /** Relative to the repository. */
  readonly href: string;
}

/** Reads repomd.xml. Throws an `Error` for what is no repomd.xml. */
export function parseRepomd(bytes: Uint8Array): readonly MetadataFile[] {
  const files: MetadataFile[] = [];
  let root: string | undefined;
  let current: { type?: string; href?: string; algorithm?: string; digest?: string; size?: number } = {};
  const handler: XmlHandler = {
    open(name, attributes) {
      root ??= name;
      if (name === 'data') current = { type: attributes['type'] ?? '' };
      if (name === 'location') current.href = attributes['href'] ?? '';
      // `sha` is what createrepo calls sha1.
      if (name === 'checksum') current.algorithm = attributes['type'] === 'sha' ? 'sha1' : (attributes['type'] ?? '');
    },
    close(name, text) {
      if (name === 'checksum') current.digest = text.trim().toLowerCase();
      if (name === 'size' && /^\s*\d{1,15}\s*$/.test(text)) current.size = Number(text);
      if (name !== 'data') return;
      const { type, href, algorithm, digest, size } = current;
      if (!type || !href || !algorithm || !digest) throw new Error('a <data> lacks its type, location or checksum');
      files.push({ type, href, algorithm, digest, ...(size === undefined ? {} : { size }) });
    },
  };
  const reader = new XmlReader(handler);
  reader.write(bytes);
  reader.end();
  if (root !== 'repomd') throw new Error(`it is no repomd.xml: its root is <${root ?? ''}>`);
  return files;
}
