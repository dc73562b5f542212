import { describe } from 'vitest';
import { controlPlane } from './control-plane.js';
import { lostNode } from './lost-node.js';
import { pods } from './pods.js';
import { registry } from './registry.js';
import { Chaos, type ChaosRig } from './rig.js';
import { starting } from './starting.js';

/** Each fault is made for real, shown to have happened by the cluster itself, and ends in what the program did or in a failure that says what to do: never in a wrong success. */
export function chaos(rig: ChaosRig): void {
  describe('when things go wrong in the cluster', () => {
    const all = new Chaos(rig);
    pods(all);
    starting(all);
    registry(all);
    // Last: after each time that the API server was away the cluster's own parts are slower to ask it again.
    controlPlane(all);
    lostNode(all);
  });
}
