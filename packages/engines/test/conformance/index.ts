import { describe } from 'vitest';
import { cancelling } from './cancelling.js';
import { images } from './images.js';
import { interacting } from './interacting.js';
import { keeping } from './keeping.js';
import { ownership } from './ownership.js';
import { makeRig, type Subject } from './rig.js';
import { running } from './running.js';
import { transfer } from './transfer.js';

/** The contract of `core/src/engine.ts`, as behaviour. */
export function conformance(name: string, subject: Subject): void {
  describe(`an engine, as ${name}`, () => {
    const rig = makeRig(subject);
    running(rig);
    cancelling(rig);
    interacting(rig);
    transfer(rig);
    keeping(rig);
    images(rig);
    ownership(rig);
  });
}
