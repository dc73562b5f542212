import type { Basesystem, ByBasesystem } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { ConfigFile } from '../generated/config-file.js';
import { show, type Path } from '../yaml/nodes.js';
import { basesystemNames } from './basesystem.js';

/** A value that a config may write once for all base systems, or by their names. */
export type PerBasesystem<T> = T | ByBasesystem<T>;

interface Context {
  readonly file: ConfigFile;
  readonly basesystems: readonly Basesystem[];
  readonly complaints: Complaints;
}

/** By base system. One that a mapping says nothing for has no entry; a name that is no base system's is complained about. */
export function perBasesystem<T extends string | readonly string[]>(given: PerBasesystem<T>, at: Path, { file, basesystems, complaints }: Context): ReadonlyMap<Basesystem, T> {
  if (typeof given === 'string' || Array.isArray(given)) return new Map(basesystems.map((basesystem) => [basesystem, given as T]));
  const values = new Map(Object.entries(given as ByBasesystem<T>));
  const among = basesystemNames(file);
  for (const name of values.keys()) {
    if (!among.includes(name)) complaints.error([...at, name], `there is no base system ${show(name)}; there are: ${among.join(', ')}`, { part: 'key', suggestion: { word: name, among } });
  }
  return new Map(basesystems.flatMap((basesystem) => {
    const value = values.get(basesystem.name);
    return value === undefined ? [] : [[basesystem, value] as const];
  }));
}
