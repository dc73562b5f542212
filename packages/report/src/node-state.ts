import type { LeftOut, NodeOutcome } from '@crpm/core';
import { outcomeWord } from '@crpm/reporters/words';

/** Where a node stands, in a run that goes on or in one that has ended; `unknown`: nothing is on record. */
export type NodeState = NodeOutcome | 'waiting' | 'running' | 'unknown';

/** How a state is called; as every other face calls it. */
export function stateWord(state: NodeState, role?: LeftOut): string {
  switch (state) {
    case 'waiting':
    case 'running':
      return state;
    case 'unknown':
      return 'never ran';
    default:
      return outcomeWord(state, role);
  }
}
