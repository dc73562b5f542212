import type { GraphNode, Input, Json, NodeKind, NodeOutput } from '@crpm/core';
import { hashText } from '@crpm/state';

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

/** One input per leaf, so that a difference names the one option that changed. Values are JSON. */
function flatten(prefix: string, value: Json): readonly Input[] {
  const children = isList(value) ? value.map((item, index) => [String(index), item] as const) : isObject(value) ? Object.entries(value) : [];
  if (children.length === 0) return [{ name: prefix, value: JSON.stringify(value) }];
  return [...children]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([key, item]) => flatten(`${prefix}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, item));
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
