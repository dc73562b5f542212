import type { Graph, GraphNode } from '@crpm/core';
import { expect, test } from 'vitest';
import { graphAsDot, graphAsJson, graphAsMermaid, graphAsText } from '../src/graph-formats.js';

const node = (id: string, needs: readonly string[], group?: string): GraphNode => ({ id, kind: 'k', title: `make ${id}`, needs, params: null, ...(group === undefined ? {} : { group }) });
const nodes = [node('base', []), node('createrepo', ['a.rpmbuild']), node('a.rpmbuild', ['base', 'a.source'], 'a'), node('a.source', [], 'a')];
const graph: Graph = { nodes: new Map(nodes.map((each) => [each.id, each])) };

test('text names each node after those it needs', () => {
  expect(graphAsText(graph)).toBe('base\na.source\na.rpmbuild ← base, a.source\ncreaterepo ← a.rpmbuild\n');
});

test('JSON holds everything, in the order of the config', () => {
  expect(graphAsJson(graph)).toEqual({
    nodes: [
      { id: 'base', kind: 'k', title: 'make base', needs: [], params: null },
      { id: 'createrepo', kind: 'k', title: 'make createrepo', needs: ['a.rpmbuild'], params: null },
      { id: 'a.rpmbuild', kind: 'k', title: 'make a.rpmbuild', needs: ['base', 'a.source'], params: null, group: 'a' },
      { id: 'a.source', kind: 'k', title: 'make a.source', needs: [], params: null, group: 'a' },
    ],
  });
});

test('dot draws packages as boxes and quotes every name', () => {
  const quoted: Graph = { nodes: new Map([['say"hi', node('say"hi', [])]]) };
  expect(graphAsDot(quoted)).toContain('  "say\\"hi"\n');
  expect(graphAsDot(graph)).toBe(`digraph crpm {
  rankdir=LR
  node [shape=box]
  subgraph "cluster_a" {
    label="a"
    "a.rpmbuild"
    "a.source"
  }
  "base"
  "createrepo"
  "a.rpmbuild" -> "createrepo"
  "base" -> "a.rpmbuild"
  "a.source" -> "a.rpmbuild"
}
`);
});

test('mermaid draws the same, and no id is a word of its language', () => {
  const odd: Graph = { nodes: new Map([['end "x"', node('end "x"', [])]]) };
  expect(graphAsMermaid(odd)).toBe('flowchart LR\n  n0["end #quot;x#quot;"]\n');
  expect(graphAsMermaid(graph)).toBe(`flowchart LR
  subgraph g0["a"]
    n2["a.rpmbuild"]
    n3["a.source"]
  end
  n0["base"]
  n1["createrepo"]
  n2 --> n1
  n0 --> n2
  n3 --> n2
`);
});
