import { readFileSync, unlinkSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'vitest';
import type { Graph } from '@crpm/core';
import { graphOf, node, Rig } from './rig.js';

/*
 * Random graphs, random histories of edits, undos, losses and partial runs; an oracle without any memory says what each node must hold,
 * and a simple model of the memory says what must run.
 */

interface Shape {
  /** For each node, which of the earlier ones it needs. */
  readonly needs: readonly (readonly number[])[];
  readonly constant: readonly boolean[];
}

type Change =
  | { readonly kind: 'edit'; readonly node: number; readonly value: number }
  | { readonly kind: 'lose'; readonly node: number }
  | { readonly kind: 'force'; readonly node: number }
  | { readonly kind: 'run'; readonly target: number };

const MOST = 8;
const shapes: fc.Arbitrary<Shape> = fc
  .integer({ min: 1, max: MOST })
  .chain((size) =>
    fc.record({
      needs: fc.tuple(...Array.from({ length: size }, (_, index) => fc.subarray(Array.from({ length: index }, (__, need) => need)))),
      constant: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
    }),
  );
const index = fc.nat({ max: MOST - 1 });
const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('edit' as const), node: index, value: fc.nat({ max: 2 }) }),
    fc.record({ kind: fc.constant('lose' as const), node: index }),
    fc.record({ kind: fc.constant('force' as const), node: index }),
    fc.record({ kind: fc.constant('run' as const), target: index }),
  ),
  { maxLength: 8 },
);

/** What the oracle knows of a world: the shape and the present inputs, nothing of the past. */
function contents(graph: Graph, rig: Rig): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { id, needs } of graph.nodes.values()) {
    texts.set(id, rig.constant.has(id) ? `${id}()` : `${id}(${[rig.inputs.get(id) ?? '', ...needs.map((need) => texts.get(need) ?? '?')].join(',')})`);
  }
  return texts;
}

/** From what a node is made: its own input, and what its needs hold. */
function basis(graph: Graph, rig: Rig, id: string): string {
  const texts = contents(graph, rig);
  return JSON.stringify([rig.inputs.get(id) ?? '', ...(graph.nodes.get(id)?.needs ?? []).map((need) => texts.get(need))]);
}

test('what runs is what never ran from this before, and every result is a clean build\'s', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(shapes, changes, async (shape, history) => {
      const rig = new Rig();
      const graph = graphOf(...shape.needs.map((needs, id) => node(`n${String(id)}`, needs.map((need) => `n${String(need)}`))));
      shape.constant.forEach((constant, id) => { if (constant) rig.constant.add(`n${String(id)}`); });
      /** Model: all that a node ever was made from. The store has it. */
      const known = new Map([...graph.nodes.keys()].map((id) => [id, new Set<string>()]));

      const check = async (targets: readonly string[], from: readonly string[]) => {
        const summary = await rig.run(graph, { selection: { targets, from } });
        const clean = contents(graph, rig);
        const must: string[] = [];
        for (const id of summary.nodes.keys()) {
          const made = basis(graph, rig, id);
          if (!known.get(id)?.has(made) || isAfter(graph, id, from)) must.push(id);
          known.get(id)?.add(made);
          const held = readFileSync(rig.file(summary, id), 'utf8');
          if (held !== clean.get(id)) throw new Error(`${id} holds ${held}, a clean build gives ${String(clean.get(id))}`);
        }
        if ([...rig.ran].sort().join() !== must.sort().join()) throw new Error(`ran ${rig.ran.join()}, the oracle says ${must.join()}`);
        return summary;
      };

      let summary = await check([], []);
      for (const change of history) {
        const id = `n${String(('node' in change ? change.node : change.target) % shape.needs.length)}`;
        if (change.kind === 'edit') rig.inputs.set(id, String(change.value));
        if (change.kind === 'lose') {
          unlinkSync(rig.file(summary, id));
        }
        if (change.kind === 'run') await check([id], []);
        // Whatever was done, the whole graph comes out right, and then has nothing to do.
        summary = await check([], change.kind === 'force' ? [id] : []);
        await rig.run(graph);
        if (rig.ran.length > 0) throw new Error(`ran ${rig.ran.join()} once more`);
      }
    }),
    { numRuns: 40 },
  );
});

/** Whether a node is one of these, or rests on one. */
function isAfter(graph: Graph, id: string, starts: readonly string[]): boolean {
  if (starts.includes(id)) return true;
  return (graph.nodes.get(id)?.needs ?? []).some((need) => isAfter(graph, need, starts));
}
