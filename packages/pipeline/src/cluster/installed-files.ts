import type { RpmFile } from '@crpm/rpm';

/** A file of an RPM whose bytes in the image say whether it is that RPM's. */
export interface InstalledFile {
  /** Absolute. */
  readonly path: string;
  /** Hex sha256, of the RPM's header. */
  readonly sha256: string;
}

const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;

/**
 * The files of an RPM that must be in the image as they are in the RPM: programs, libraries, data. Left out is what whoever makes an image may change or drop
 * (configuration, documentation, licences), what is in no payload, and what the header has no sha256 of.
 */
export function comparable(files: readonly RpmFile[]): readonly InstalledFile[] {
  return files.flatMap(({ path, mode, digest, ghost, config, doc }) => {
    const sha256 = /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1];
    return (mode & TYPE_MASK) === REGULAR && !ghost && !config && !doc && sha256 !== undefined && path.startsWith('/') ? [{ path, sha256 }] : [];
  });
}
