const GLANCE = '.glance';

/** What crpm looks at itself, beside the whole record of a tree. */
export function glanceFile(cacheFile: string): string {
  return cacheFile + GLANCE;
}

/** The whole record's file, of what may be a {@link glanceFile}. */
export function cacheFileOf(file: string): string | undefined {
  return file.endsWith(GLANCE) ? file.slice(0, -GLANCE.length) : undefined;
}

/** What git looks at. Named by its content: whoever looks by one that is replaced meanwhile has looked by nothing else. */
export function indexFile(cacheFile: string, sha256: string): string {
  return `${cacheFile}.${sha256.slice(0, 16)}.index`;
}

/** The name of a tree, which is text, out of its bytes. */
export function asText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
