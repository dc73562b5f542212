import { closeSync, constants, createReadStream, existsSync, openSync } from 'node:fs';
import path from 'node:path';
import { err, ok, type Diagnostic, type Result } from '@crpm/core';
import type { Explorer } from 'cosmiconfig/dist/Explorer.js';
import { decodeSource, MAX_BYTES, type SourceText } from '../yaml/source.js';

/** Names of config files, the first in a folder wins. */
export const SEARCH_PLACES = ['custom-rpms.config.yaml', 'custom-rpms.config.yml', 'custom-rpms.config.json', '.custom-rpmsrc', 'package.json'];
/** The property of package.json. */
export const PACKAGE_PROPERTY = 'custom-rpms';

export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  readonly source: SourceText;
  /** The config is only this property of the file. */
  readonly property?: string;
}

/** The config file at `configPath`, else the nearest from `cwd` upward; nothing if there is none. */
export async function findConfig(cwd: string, configPath: string | undefined): Promise<Result<FoundFile | undefined, Diagnostic>> {
  if (configPath !== undefined) return read(path.resolve(cwd, configPath), cwd);
  const explorer = await createExplorer();
  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    const found = await explorer.search(folder);
    // An empty package.json is no config; any other empty file is one, and wrong.
    if (found && !(found.isEmpty && path.basename(found.filepath) === 'package.json')) return read(found.filepath, cwd);
    const closed = unreadable(folder);
    if (closed !== undefined) return read(closed, cwd);
    if (folder === path.dirname(folder)) return ok(undefined);
  }
}

/** A config file that cosmiconfig passed over because it may not be read: to look further up would be to take another's config for it. */
function unreadable(folder: string): string | undefined {
  const files = SEARCH_PLACES.filter((name) => name !== 'package.json').map((name) => path.join(folder, name));
  return files.find((file) => {
    try {
      closeSync(openSync(file, constants.O_RDONLY | constants.O_NONBLOCK));
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EACCES' && existsSync(file);
    }
  });
}

/** Looks into one folder. Its loaders only tell that there is a config: it is read and parsed by us, for positions. */
async function createExplorer(): Promise<Explorer> {
  // Not the package's main function: that one first loads `.config/config.js` and its like from the working directory, that is,
  // it runs code of a tree that only wanted to be looked at.
  const { Explorer } = await import('cosmiconfig/dist/Explorer.js');
  const there = () => ({ found: true });
  return new Explorer({
    moduleName: 'custom-rpms',
    packageProp: [PACKAGE_PROPERTY],
    searchPlaces: SEARCH_PLACES,
    loaders: { '.yaml': there, '.yml': there, '.json': loadJson, noExt: there },
    searchStrategy: 'none',
    ignoreEmptySearchPlaces: false,
    cache: false,
    mergeImportArrays: false,
    mergeSearchPlaces: false,
    metaConfigFilePath: null,
    transform: (result) => result,
  });
}

/** A package.json counts if it has our property. One that is no JSON is somebody else's trouble, unless it mentions us. */
function loadJson(file: string, content: string): unknown {
  if (path.basename(file) !== 'package.json') return { found: true };
  const found = { [PACKAGE_PROPERTY]: { found: true } };
  try {
    const manifest: unknown = JSON.parse(content);
    return typeof manifest === 'object' && manifest !== null && Object.hasOwn(manifest, PACKAGE_PROPERTY) ? found : {};
  } catch {
    return content.includes(`"${PACKAGE_PROPERTY}"`) ? found : {};
  }
}

async function read(file: string, cwd: string): Promise<Result<FoundFile, Diagnostic>> {
  let bytes: Buffer;
  try {
    bytes = await readBounded(file);
  } catch (error) {
    return err({ severity: 'error', message: `the config file ${file} can't be read: ${reason(error)}` });
  }
  const source = decodeSource(displayName(file, cwd), bytes);
  if (!source.ok) return source;
  return ok({ path: file, source: source.value, ...(path.basename(file) === 'package.json' && { property: PACKAGE_PROPERTY }) });
}

/** At most one byte more than is allowed, whatever the file is: a device may never end. */
async function readBounded(file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(file, { end: MAX_BYTES })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function reason(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
      return 'permission denied';
    default:
      return (error as Error).message;
  }
}

/** Relative below the working directory, as compilers do; elsewhere absolute. */
function displayName(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}
