import { expect, test } from 'vitest';
import { createReporter } from '../src/index.js';
import { failingRun, failingSummary, Recorded } from './events.js';

async function play(options: { readonly verbose?: boolean; readonly colour?: boolean }): Promise<string> {
  const stream = new Recorded();
  const reporter = await createReporter('plain', { stream, colour: false, ...options });
  for (const event of failingRun) reporter.sink(event);
  return stream.text;
}

test('one line per change with its node in front, then the summary', async () => {
  expect(await play({})).toBe(`a.source: never ran
a.source: warning: left out a socket: run/x
a.source: ran in 0.3s
a.rpmbuild: a.source changed
a.rpmbuild: compiling
a.rpmbuild: failed in 1m05s: rpmbuild ended with exit code 1
warning: the journal was cut at record 7

${failingSummary}`);
});

test('verbose adds what programs write, without control sequences', async () => {
  expect(await play({ verbose: true })).toContain('\na.rpmbuild | main.c:1: error\n');
});

test('colours only outcomes, so that nothing but escape sequences differs', async () => {
  const coloured = await play({ colour: true });
  expect(coloured).toContain('\u001b[31m');
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(await play({}));
});
