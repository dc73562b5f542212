import type { InputContext, Json, NodeOutput } from '@crpm/core';

import { readPlace } from './compile/ids.js';

/** The one need whose id ends in `step`: `base`, `libvirt.source`, `libvirt.buildroot@aarch64`. */
export function needOf(context: InputContext, step: string): NodeOutput {
  for (const [id, output] of context.needs) if (stepOf(id) === step) return output;
  throw new Error(`${context.node.id} has no need ${step}, only: ${[...context.needs.keys()].join(', ') || 'none'}`);
}

/** What that need reported. `F` is its kind's type in `facts.ts`. */
export function needFact<F extends Json>(context: InputContext, step: string): F {
  return needOf(context, step).data as F;
}

/** `rpmbuild` of `libvirt.rpmbuild@aarch64`. */
export function stepOf(id: string): string {
  return readPlace(id).id.split('.').at(-1) ?? id;
}
