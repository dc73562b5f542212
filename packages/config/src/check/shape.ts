import type { ErrorObject } from 'ajv';
import type { ConfigFile } from '../generated/config-file.js';
import validate from '../generated/validate.js';
import { find, toData, type Document, type Path } from '../yaml/nodes.js';
import type { Complaints } from './complaints.js';
import { complain } from './messages.js';
import { prune } from './prune.js';

/** One error of the validator, at its path. */
export interface ShapeError extends ErrorObject {
  readonly path: Path;
}

/** Rounds of taking wrong parts out; each goes one level up at most. */
const MAX_ROUNDS = 8;

/**
 * Checks a document against the schema and complains about all that is wrong. The value is what is right, so that it can be
 * checked further; complaints about what was taken out are muted. Nothing, if nothing is right.
 */
export function checkShape(document: Document, complaints: Complaints): ConfigFile | undefined {
  const data = toData(document.root);
  let errors = run(data);
  if (errors.length > 0 && asText(document, data, errors)) errors = run(data);
  errors = withoutBranches(errors);
  for (const error of errors) complain(error, document, complaints);
  for (let round = 0; errors.length > 0; round += 1) {
    const pruned = round < MAX_ROUNDS ? prune(data, errors) : undefined;
    if (!pruned) return undefined;
    complaints.mute(pruned);
    errors = withoutBranches(run(data));
  }
  return data as ConfigFile;
}

function run(data: unknown): ShapeError[] {
  if (validate(data)) return [];
  return (validate.errors ?? []).map((error) => ({ ...error, path: toPath(error.instancePath) }));
}

/** RFC 6901. Indexes stay text; lookups don't mind. */
function toPath(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((segment) => (/^(0|[1-9][0-9]*)$/.test(segment) ? Number(segment) : segment));
}

/**
 * Where text is wanted and YAML read a number (`version: 12.10`), the source text is what the user meant: it goes into the data.
 * Booleans and null are left to a complaint: `true` for a name is more likely a mistake. Returns whether anything changed.
 */
function asText(document: Document, data: unknown, errors: readonly ShapeError[]): boolean {
  let changed = false;
  for (const { keyword, params, path, data: value } of errors) {
    if (keyword !== 'type' || (params as { type?: unknown }).type !== 'string' || typeof value !== 'number') continue;
    const node = find(document.root, path).value;
    const last = path.at(-1);
    const parent = path.slice(0, -1).reduce<unknown>((inner, segment) => (inner as Record<string | number, unknown>)[segment], data);
    if (node.kind !== 'scalar' || last === undefined) continue;
    (parent as Record<string | number, unknown>)[last] = node.text;
    changed = true;
  }
  return changed;
}

/**
 * The validator reports every branch of an `anyOf` that did not fit. The schema's branches differ by type, so: if the value has
 * the type of one branch, only that branch's errors count; if it has none's, one error names all types.
 */
function withoutBranches(errors: readonly ShapeError[]): ShapeError[] {
  const unions = new Map(errors.filter(({ keyword }) => keyword === 'anyOf').map((error) => [error.instancePath, error]));
  const typeErrors = groupByPath(errors.filter(({ keyword }) => keyword === 'type'));
  return errors.flatMap((error) => {
    const { keyword, instancePath, data } = error;
    if (keyword === 'anyOf' || keyword === 'propertyNames') return [];
    // Every enum is of text; a value of another type has a type error as well.
    if (keyword === 'enum' && typeof data !== 'string') return [];
    if (keyword === 'const' && typeof data !== typeof (error.params as { allowedValue: unknown }).allowedValue) return [];
    const union = unions.get(instancePath);
    if (!union || keyword !== 'type') return [error];
    const all = typeErrors.get(instancePath) ?? [];
    if (all.length < (union.schema as readonly unknown[]).length || error !== all[0]) return [];
    return [{ ...error, params: { type: all.map(typeName) } }];
  });
}

/** `false`, where a branch takes that alone; else its type. */
function typeName({ params, parentSchema }: ShapeError): string {
  const only = (parentSchema as { const?: unknown } | undefined)?.const;
  return only === undefined ? (params as { type: string }).type : String(only);
}

function groupByPath(errors: readonly ShapeError[]): ReadonlyMap<string, readonly ShapeError[]> {
  const groups = new Map<string, ShapeError[]>();
  for (const error of errors) {
    const group = groups.get(error.instancePath);
    if (group) group.push(error);
    else groups.set(error.instancePath, [error]);
  }
  return groups;
}
