import type { Graph, NodeOutput } from '@crpm/core';

import type { SourceFact } from '../facts.js';
import type { SourceParams } from '../params.js';
import { whyMoved } from './place.js';

/** The sources that can look at their trees anew without fetching anything: each has a result, and what that fetched is still there and still meant. `outputOf`: the last result. */
export async function sourcesAtHand({ nodes }: Graph, outputOf: (id: string) => NodeOutput | undefined): Promise<readonly string[]> {
  const sources = [...nodes.values()].filter(({ kind }) => kind === 'source');
  const moved = await Promise.all(
    sources.map(async ({ id, params }) => {
      const output = outputOf(id);
      return output ? whyTreesMoved(params as SourceParams, output) : 'it never had a result';
    }),
  );
  return sources.flatMap(({ id }, index) => (moved[index] === undefined ? [id] : []));
}

/** Why the trees of a result are not those that a run would take; nothing if they are. */
export async function whyTreesMoved({ tree, distGit }: SourceParams, { data }: NodeOutput): Promise<string | undefined> {
  const { dir, pin, specDir, specPin } = (data as SourceFact).here;
  const moved = await whyMoved(tree, { dir, ...(pin === undefined ? {} : { pin }) });
  if (moved !== undefined || !distGit) return moved;
  return whyMoved(distGit, { ...(specDir === undefined ? {} : { dir: specDir }), ...(specPin === undefined ? {} : { pin: specPin }) });
}
