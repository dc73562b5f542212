import type { NodeContext, Work } from '@crpm/core';
import type { LookasideFile } from '@crpm/sources';

import type { RpmTraits } from '../facts.js';
import type { SpecOptions } from '../params.js';
import { specPatches, type SpecPatch } from './patches.js';
import { keptElsewhere } from './lookaside.js';
import { expandSpec, placeSpec, type PlacedSpec, type SpecFile, type Trees } from './spec.js';

/** What a spec says once its macros are expanded. */
export interface SpecRecipe {
  readonly spec: PlacedSpec;
  readonly expanded: string;
  readonly patches: readonly SpecPatch[];
  /** Files of it that its dist-git folder only names. */
  readonly elsewhere: readonly LookasideFile[];
}

export interface SpecOrigin {
  readonly trees: Trees;
  readonly options: SpecOptions;
  readonly traits: RpmTraits;
}

/** Places a spec in a work folder and reads it there. */
export async function specRecipe(context: NodeContext, work: Work, file: SpecFile, { trees, options, traits }: SpecOrigin): Promise<SpecRecipe> {
  const spec = await placeSpec(context, work, file, trees, options, traits);
  const expanded = await expandSpec(context, work, spec);
  return { spec, expanded, patches: specPatches(expanded), elsewhere: await keptElsewhere(expanded, trees.spec) };
}
