/**
 * Which paths the repository server may answer for, decided on text alone, before the file system is looked at.
 * Every component is matched against a list of plain characters, so that nothing that could climb (`..`), hide (`%2e`), end a string (NUL)
 * or start an option ever becomes part of a path.
 */
export type RequestPath =
  | { readonly kind: 'health' }
  /** The root, for people: which repositories there are. */
  | { readonly kind: 'index' }
  /** A repository's own address, for people: what is in it. `centos-stream-9/x86_64/`. */
  | { readonly kind: 'listing'; readonly path: string }
  /** In the current generation: `centos-stream-9/x86_64/repodata/repomd.xml`. */
  | { readonly kind: 'repodata'; readonly path: string }
  /** Ever published: `centos-stream-9/x86_64/by-sha256/<sha256>/<file>.rpm`. */
  | { readonly kind: 'rpm'; readonly path: string }
  /** Not a path that could be ours. `status` is 400 for what no well-meaning client sends. */
  | { readonly kind: 'refused'; readonly status: 400 | 404 };

/** One path component: the characters of RPM file names and of our own folders, not starting with a dot. */
const COMPONENT = '[A-Za-z0-9_+~^-][A-Za-z0-9._+~^-]*';
const LISTING = new RegExp(`^/(${COMPONENT}/${COMPONENT}/)$`);
const REPODATA = new RegExp(`^/(${COMPONENT}/${COMPONENT}/repodata/${COMPONENT})$`);
const RPM = new RegExp(`^/(${COMPONENT}/${COMPONENT}/by-sha256/[0-9a-f]{64}/${COMPONENT}\\.rpm)$`);

/** Reads a request target as it stood in the request line. */
export function parseRequestPath(target: string): RequestPath {
  // Absolute form (`GET http://host/…`), authority form and `*` are for proxies.
  if (!target.startsWith('/')) return { kind: 'refused', status: 400 };
  const decoded = decodeOnce(target.split('?', 1)[0] ?? '');
  if (decoded === undefined) return { kind: 'refused', status: 400 };
  if (decoded === '/.crpm') return { kind: 'health' };
  if (decoded === '/') return { kind: 'index' };
  const listing = LISTING.exec(decoded)?.[1];
  if (listing !== undefined) return { kind: 'listing', path: listing };
  const repodata = REPODATA.exec(decoded)?.[1];
  if (repodata !== undefined) return { kind: 'repodata', path: repodata };
  const rpm = RPM.exec(decoded)?.[1];
  if (rpm !== undefined) return { kind: 'rpm', path: rpm };
  return { kind: 'refused', status: 404 };
}

/**
 * Undoes one layer of percent-encoding (clients encode `^` and `+`). What is still encoded after it has a `%`, which no component allows.
 * Nothing if the encoding is broken or hides a control character.
 */
function decodeOnce(text: string): string | undefined {
  let decoded;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    return undefined;
  }
  return /[\x00-\x1f\x7f]/.test(decoded) ? undefined : decoded;
}
