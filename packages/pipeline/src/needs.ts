import type { InputContext, Json, NodeOutput } from '@crpm/core';

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
  return archless(id).split('.').at(-1) ?? id;
}

/** The architecture in an id, if it carries one. */
export function archOf(id: string): string | undefined {
  const at = id.lastIndexOf('@');
  return at < 0 ? undefined : id.slice(at + 1);
}

function archless(id: string): string {
  const at = id.lastIndexOf('@');
  return at < 0 ? id : id.slice(0, at);
}
