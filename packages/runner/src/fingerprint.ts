import type { GraphNode, Input, Json, NodeKind, NodeOutput } from '@crpm/core';
import { hashText } from '@crpm/state';
import { escapePointer } from './difference.js';

/**
 * Everything that a node's result depends on, as one list: what kind it is, its parameters, the inputs it declares, and what it reads of what its
 * needs gave. The fingerprint is the hash of this list and the explanation is the list itself, so the two can't drift apart.
 *
 * Names: `kind`, `version`, `param/<JSON pointer>`, `need/<id>`, and the kind's own. Sorted, so that order tells nothing.
 */
export function dependencies(node: GraphNode, kind: NodeKind, inputs: readonly Input[], needs: ReadonlyMap<string, NodeOutput>): readonly Input[] {
  const sorted = [...inputs].sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
  return [
    { name: 'kind', value: kind.name },
    { name: 'version', value: String(kind.version) },
    ...flatten('param', node.params),
    ...sorted,
    ...[...needs].map(([id, output]) => ({ name: `need/${id}`, value: kind.reads?.(node.params, id, output) ?? output.digest })).sort((a, b) => compare(a.name, b.name)),
  ];
}

/** The list as the journal keeps it: names and values, no parts. */
export function recordable(list: readonly Input[]): readonly Input[] {
  return list.map(({ name, value }) => ({ name, value }));
}

/** `sha256:<hex>` */
export function fingerprintOf(list: readonly Input[]): string {
  return `sha256:${hashText(JSON.stringify(list.map(({ name, value }) => [name, value])))}`;
}

/** JSON with the keys of every object in order: equal values give equal texts. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(value, (_key, item: Json) => (isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => compare(a, b))) : item));
}

/**
 * One input per leaf, so that a difference names the one option that changed. Values are JSON. A list of scalars is a leaf; one of things with
 * unique names is the list of the names, and below it each thing under its own.
 */
function flatten(prefix: string, value: Json): readonly Input[] {
  if (isList(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null)) return [{ name: prefix, value: JSON.stringify(value) }];
    const names = uniqueNames(value);
    const items = value.flatMap((item, index) => flatten(`${prefix}/${escapePointer(names?.[index] ?? String(index))}`, item));
    return names ? [{ name: prefix, value: JSON.stringify(names) }, ...items] : items;
  }
  const children = isObject(value) ? Object.entries(value) : [];
  if (children.length === 0) return [{ name: prefix, value: JSON.stringify(value) }];
  return children.sort(([a], [b]) => compare(a, b)).flatMap(([key, item]) => flatten(`${prefix}/${escapePointer(key)}`, item));
}

/** The `name` of each thing in a list, if each has one and no two the same. */
function uniqueNames(list: readonly Json[]): readonly string[] | undefined {
  const names = list.flatMap((item) => (isObject(item) && typeof item['name'] === 'string' ? [item['name']] : []));
  return names.length === list.length && new Set(names).size === names.length ? names : undefined;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** By code units: the same order in every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
