import type { Path } from '../yaml/nodes.js';
import type { ShapeError } from './shape.js';

/**
 * Takes out of the data what the errors are about, so that the rest can be checked further. Changes `data`; returns the paths
 * that are not to be trusted any more. Nothing, if the root itself is wrong.
 */
export function prune(data: unknown, errors: readonly ShapeError[]): readonly Path[] | undefined {
  const pruned: Path[] = [];
  // Deepest first: what stands inside of something wrong goes before it.
  for (const error of errors.toSorted((a, b) => b.path.length - a.path.length)) {
    const path = culprit(data, error);
    if (path.length === 0) return undefined;
    pruned.push(path);
    const parent = at(data, path.slice(0, -1));
    const key = path.at(-1);
    if (typeof parent !== 'object' || parent === null || key === undefined) continue;
    // Others may refer to it by name, so the name stays.
    if (error.keyword === 'type' && (error.params as { type: unknown }).type === 'object') (parent as Record<string, unknown>)[key] = {};
    else Reflect.deleteProperty(parent, key);
  }
  return pruned;
}

/** The nearest thing that can go alone: an unknown key, a value, the list around a wrong item. */
function culprit(data: unknown, { path, keyword, params, propertyName }: ShapeError): Path {
  const named = propertyName ?? (keyword === 'additionalProperties' ? String((params as { additionalProperty: unknown }).additionalProperty) : undefined);
  let found: Path = named === undefined ? path : [...path, named];
  while (found.length > 0 && Array.isArray(at(data, found.slice(0, -1)))) found = found.slice(0, -1);
  return found;
}

function at(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[key] : undefined), data);
}
