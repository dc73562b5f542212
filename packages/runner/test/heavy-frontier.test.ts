import type { GraphNode } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import { HeavyFrontier } from '../src/heavy-frontier.js';
import { graphOf, node } from './rig.js';

const heavy = (id: string, needs: readonly string[] = []) => node(id, needs, { kind: 'heavy' });
const isHeavy = ({ kind }: GraphNode) => kind === 'heavy';

describe('how many may want a share at the same time', () => {
  test('all heavy nodes with no heavy one before them, whatever light ones there are', () => {
    const graph = graphOf(node('base'), heavy('a', ['base']), node('mid', ['a']), heavy('a2', ['mid']), heavy('b', ['base']), node('end', ['a2', 'b']));
    const frontier = new HeavyFrontier(graph, isHeavy);
    const sizes = [frontier.size];
    for (const id of ['base', 'b', 'a', 'mid', 'a2', 'end']) {
      frontier.settle(graph.nodes.get(id) as GraphNode);
      sizes.push(frontier.size);
    }
    //                     base b  a  mid a2 end
    expect(sizes).toEqual([2, 2, 1, 1, 1, 0, 0]);
  });

  test('those behind one count when it is done, all of them', () => {
    const graph = graphOf(heavy('first'), heavy('x', ['first']), heavy('y', ['first']), heavy('z', ['x', 'y']));
    const frontier = new HeavyFrontier(graph, isHeavy);
    expect(frontier.size).toBe(1);
    frontier.settle(graph.nodes.get('first') as GraphNode);
    expect(frontier.size).toBe(2);
    frontier.settle(graph.nodes.get('x') as GraphNode);
    expect(frontier.size).toBe(1);
    frontier.settle(graph.nodes.get('x') as GraphNode);
    expect(frontier.size).toBe(1);
  });

  test('those behind one that failed never do', () => {
    const graph = graphOf(heavy('first'), heavy('x', ['first']), heavy('other'));
    const frontier = new HeavyFrontier(graph, isHeavy);
    frontier.abandon(graph.nodes.get('first') as GraphNode);
    expect(frontier.size).toBe(1);
  });
});
