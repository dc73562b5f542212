import { corrupt, type Section } from './section.js';
import { DIGEST_ALGORITHMS, FILE_FLAG, TAG } from './tags.js';

/** A file, folder or link that an RPM owns. */
export interface RpmFile {
  /** Absolute path; relative in a source RPM. */
  readonly path: string;
  /** Mode with its type bits, as `stat` gives it. */
  readonly mode: number;
  readonly size: number;
  /** `sha256:<hex>`, or another algorithm's name; absent for everything that is no regular file, and for ghosts. */
  readonly digest?: string;
  /** Where a symbolic link points. */
  readonly target?: string;
  /** Owned but not in the payload. */
  readonly ghost: boolean;
  /** Configuration, which users edit. */
  readonly config: boolean;
  /** Documentation or a licence, which may be left out. */
  readonly doc: boolean;
}

/** As long as Linux takes one. */
const MAX_PATH = 4096;
/** Characters of all paths together. Far above any real RPM; a few megabytes of header can spell terabytes of paths, for each name may stand in the same long folder. */
const MAX_PATHS = 64 * 1024 * 1024;

/** The file list of a header; the tags must agree on its length. */
export function decodeFiles(section: Section, file: string): readonly RpmFile[] {
  const paths = decodePaths(section, file);
  const parallel = <T>(values: readonly T[], what: string): readonly T[] => {
    if (values.length !== paths.length) corrupt(file, `its header has ${paths.length} files and ${values.length} ${what}`);
    return values;
  };
  if (paths.length === 0) return [];
  const number = section.number(TAG.fileDigestAlgorithm) ?? 1;
  const algorithm = DIGEST_ALGORITHMS[number] ?? `algorithm-${number}`;
  const modes = parallel(section.numbers(TAG.fileModes), 'modes');
  const sizes = parallel(section.numbers(section.has(TAG.longFileSizes) ? TAG.longFileSizes : TAG.fileSizes), 'sizes');
  const digests = parallel(section.strings(TAG.fileDigests), 'digests');
  const targets = parallel(section.strings(TAG.fileLinkTos), 'link targets');
  const flags = parallel(section.numbers(TAG.fileFlags), 'flags');
  return paths.map((path, i) => {
    const digest = digests[i];
    const target = targets[i];
    const bits = flags[i] ?? 0;
    return {
      path,
      mode: modes[i] ?? 0,
      size: sizes[i] ?? 0,
      ...(digest ? { digest: `${algorithm}:${digest}` } : {}),
      ...(target ? { target } : {}),
      ghost: (bits & FILE_FLAG.ghost) !== 0,
      config: (bits & FILE_FLAG.config) !== 0,
      doc: (bits & (FILE_FLAG.doc | FILE_FLAG.license)) !== 0,
    };
  });
}

/** Paths are kept as folders and names apart, or (rpm 3) whole. */
function decodePaths(section: Section, file: string): readonly string[] {
  const names = section.strings(TAG.baseNames);
  if (names.length === 0) return section.strings(TAG.oldFileNames);
  const folders = section.strings(TAG.dirNames);
  const indexes = section.numbers(TAG.dirIndexes);
  let total = 0;
  return names.map((name, i) => {
    const folder = folders[indexes[i] ?? -1];
    if (folder === undefined) corrupt(file, `its header names a folder that it does not list`);
    const length = folder.length + name.length;
    total += length;
    if (length > MAX_PATH) corrupt(file, `its header has a path of ${length} characters`);
    if (total > MAX_PATHS) corrupt(file, `the paths in its header have more than ${MAX_PATHS} characters`);
    return folder + name;
  });
}
