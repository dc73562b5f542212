import type { Json } from '@crpm/core';

import { stepOf } from '../needs.js';

/** For `reads`: a node that waits for foresight makes the same whatever that says. */
export function exceptForesight(_params: Json, need: string): string | undefined {
  return ['predict', 'closure'].includes(stepOf(need)) ? '' : undefined;
}
