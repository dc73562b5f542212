import type { Readable } from 'node:stream';

import { fail, FailureError, type Engine, type Failure, type Image, type NodeContext } from '@crpm/core';

import { OutputTail } from './telling-lines.js';
import { labelsOf } from './work.js';

export interface ImageStep {
  readonly argv: readonly string[];
  readonly files?: Readable;
  readonly network: 'bridge' | 'host';
  readonly arch: string;
}

/** A new image by one step on another, its output going to the log; a step that ends badly is the failure that `why` makes of the output. */
export async function deriveStep(context: NodeContext, engine: Engine, from: string, step: ImageStep, why: (output: OutputTail) => Failure): Promise<Image> {
  const output = new OutputTail();
  try {
    return await engine.deriveImage(from, {
      ...step,
      env: {},
      labels: labelsOf(context),
      signal: context.signal,
      line: (text) => {
        output.line(text);
        context.report.line(text);
      },
    });
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class !== 'build') throw error;
    return fail(why(output), error);
  }
}
