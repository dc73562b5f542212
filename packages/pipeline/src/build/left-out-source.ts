import { FailureError, type Json, type NodeKind } from '@crpm/core';

import { stepOf } from '../needs.js';

/**
 * A build checks what it reads of a tree against what the source node saw. A run that leaves that node out (`--only`) may have an edited tree before it: then nobody writes just now, and running
 * again would end the same.
 */
export function sayingOfLeftOutSource<P extends Json>(kind: NodeKind<P>): NodeKind<P> {
  return {
    ...kind,
    async run(params, context) {
      try {
        return await kind.run(params, context);
      } catch (error) {
        const source = [...context.needs].find(([id, { asOf }]) => stepOf(id) === 'source' && asOf !== undefined)?.[0];
        if (source === undefined || !(error instanceof FailureError) || error.failure.class !== 'source') throw error;
        throw new FailureError(
          {
            class: 'source',
            message: `the tree is not as ${source} read it, and this run leaves ${source} out`,
            lines: [error.failure.message],
            next: `Run ${context.node.id} with what it needs, or name ${source} beside it under --only.`,
            commands: [`crpm run ${context.node.id}`],
          },
          { cause: error },
        );
      }
    },
  };
}
