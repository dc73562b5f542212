import type { SourceText } from './source.js';

/** Half-open range of characters in the source text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ScalarNode extends Span {
  readonly kind: 'scalar';
  /** As written, escapes and folding undone. */
  readonly text: string;
  /** What YAML's core schema makes of it; quoted ones are text. */
  readonly value: null | boolean | number | string;
}

export interface SequenceNode extends Span {
  readonly kind: 'sequence';
  readonly items: Node[];
}

export interface MappingNode extends Span {
  readonly kind: 'mapping';
  readonly entries: Entry[];
}

export interface Entry {
  readonly key: Span & { readonly text: string };
  readonly value: Node;
}

/** A value with its place. Aliases are resolved: the same node then stands in several places. */
export type Node = ScalarNode | SequenceNode | MappingNode;

export interface Document {
  readonly source: SourceText;
  readonly root: Node;
}

/** Keys and indexes from the root. */
export type Path = readonly (string | number)[];

/** The entry or item that a path leads to. Where the path leaves the document: the last one on the way. */
export function find(root: Node, path: Path): { readonly key?: Entry['key']; readonly value: Node; readonly depth: number } {
  let found: { key?: Entry['key']; value: Node; depth: number } = { value: root, depth: 0 };
  for (const [index, segment] of path.entries()) {
    const { value } = found;
    if (value.kind === 'mapping') {
      const entry = entriesByKey(value).get(String(segment));
      if (!entry) return found;
      found = { key: entry.key, value: entry.value, depth: index + 1 };
    } else if (value.kind === 'sequence') {
      const item = value.items[Number(segment)];
      if (!item) return found;
      found = { value: item, depth: index + 1 };
    } else {
      return found;
    }
  }
  return found;
}

const indexes = new WeakMap<MappingNode, ReadonlyMap<string, Entry>>();

/** A broken file may have a hundred thousand keys, and a complaint about each: no linear search then. */
function entriesByKey(node: MappingNode): ReadonlyMap<string, Entry> {
  let index = indexes.get(node);
  if (!index) indexes.set(node, (index = new Map(node.entries.map((entry) => [entry.key.text, entry]))));
  return index;
}

/** Plain data for the validator. The parser let no key through that would reach a prototype. */
export function toData(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'sequence':
      return node.items.map(toData);
    case 'mapping':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key.text, toData(value)]));
  }
}

/** `sources.qemu.needs[0]`; the root is `the config`. */
export function formatPath(path: Path): string {
  if (path.length === 0) return 'the config';
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`;
      const text = /^[\w$-]+$/.test(segment) ? segment : show(segment);
      return index === 0 ? text : `.${text}`;
    })
    .join('');
}

/** A value for people, on one line, at most about 60 characters, control characters escaped. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…"`;
}
