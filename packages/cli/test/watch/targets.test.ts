import type { Graph, GraphNode } from '@crpm/core';
import { expect, test } from 'vitest';
import { watchTargets } from '../../src/watch/targets.js';

const node = (id: string, needs: readonly string[] = [], kind = id): GraphNode => ({ id, kind, title: id, needs, params: null });
const graph = (...nodes: readonly GraphNode[]): Graph => ({ nodes: new Map(nodes.map((one) => [one.id, one])) });

test('without --all it ends with the served repository', () => {
  expect(watchTargets(graph(node('serve'), node('verify', ['serve'])), false)).toEqual(['serve']);
});

test('--all is the whole graph, and so is a graph that serves nothing', () => {
  expect(watchTargets(graph(node('serve'), node('verify', ['serve'])), true)).toEqual([]);
  expect(watchTargets(graph(node('task')), false)).toEqual([]);
});

test('--all leaves a cluster alone, and tasks that need it', () => {
  const whole = graph(node('verify'), node('cluster-up'), node('cluster-sync', ['verify', 'cluster-up']), node('mine', ['cluster-sync'], 'task'), node('other', ['verify'], 'task'));
  expect(watchTargets(whole, true)).toEqual(['verify', 'other']);
});
