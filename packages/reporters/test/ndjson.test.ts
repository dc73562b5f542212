import { expect, test } from 'vitest';
import { createReporter } from '../src/index.js';
import { failingRun, Recorded } from './events.js';

test('every event is one line of JSON, as it was', async () => {
  const stream = new Recorded();
  const reporter = await createReporter('ndjson', { stream });
  for (const event of failingRun) reporter.sink(event);
  const lines = stream.text.split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(failingRun);
});
