import type { Engine } from '@crpm/core';
import { describe } from 'vitest';
import type { TestCluster } from '../../../../test/support/kubernetes/cluster.js';

export interface Rig {
  readonly cluster: TestCluster;
  readonly open: () => Promise<Engine>;
  readonly reference: string;
}

/** What only a cluster has. */
export function kubernetesBehaviour(_rig: Rig): void {
  describe('a cluster', () => {});
}
