import { isDeepStrictEqual } from 'node:util';

import { toFailure, type NodeOutput } from '@crpm/core';
import { parseSourcesFile } from '@crpm/sources';

import type { DistFact } from '../facts.js';
import type { DistParams } from '../params.js';

type Claimed = { readonly [K in keyof DistFact]?: unknown };

/** Says why what came from elsewhere can't be a source archive with its spec, or nothing: every name in it becomes part of a path. */
export function checkSharedDist(params: DistParams, output: NodeOutput): Promise<string | undefined> {
  try {
    return Promise.resolve(whyNot(params, output));
  } catch (error) {
    return Promise.resolve(toFailure(error).message);
  }
}

function whyNot(params: DistParams, { files, data }: NodeOutput): string | undefined {
  const { archive, spec, droppedPatches, elsewhere, ...rest } = data as Claimed;
  const paths = files.map(({ path }) => path);
  const isIn = (path: unknown, folder: string) => typeof path === 'string' && path.startsWith(`${folder}/`) && path.lastIndexOf('/') === folder.length && paths.includes(path);
  if (Object.keys(rest).length > 0) return 'it tells more than a source archive does';
  if (!isIn(spec, 'spec')) return 'it has no spec where it says';
  if (params.method === 'none' ? archive !== undefined : !isIn(archive, 'archive')) return 'it has no source archive where it should';
  if (paths.length !== (archive === undefined ? 1 : 2)) return 'it has other files besides';
  if (!Array.isArray(droppedPatches) || !droppedPatches.every(isFileName)) return 'the patches that it leaves out have no names';
  return Array.isArray(elsewhere) && elsewhere.every(isLookasideFile) ? undefined : 'the files that it wants from elsewhere are none that dist-git could name';
}

function isFileName(name: unknown): boolean {
  return typeof name === 'string' && /^[^/\0\n]+$/.test(name) && name !== '.' && name !== '..';
}

/** As a line of `sources` would have it, and nothing else. */
function isLookasideFile(entry: unknown): boolean {
  const { algorithm, name, hex } = entry as Readonly<Record<string, unknown>>;
  return isDeepStrictEqual(parseSourcesFile(`${String(algorithm).toUpperCase()} (${String(name)}) = ${String(hex)}`, 'it'), [entry]);
}
