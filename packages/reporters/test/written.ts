import type { Event } from '@crpm/core';
import { expect } from 'vitest';
import { createReporter } from '../src/index.js';
import { Recorded } from './events.js';

/** What a face that writes a document has written at its end, and not before. */
export async function written(name: 'junit' | 'trace', events: readonly Event[]): Promise<string> {
  const stream = new Recorded();
  const reporter = await createReporter(name, { stream });
  for (const event of events) reporter.sink(event);
  expect(stream.text).toBe('');
  await reporter.close();
  await reporter.close();
  return stream.text;
}
