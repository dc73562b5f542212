import { EXIT } from '@crpm/core';
import { expect, test } from 'vitest';
import { dispatch, program } from '../src/program.js';
import { recordedIo } from './io.js';

test.each([
  ['crpm', {}],
  ['npx crpm', { npm_command: 'exec' }],
])('%s alone tells of every command once, on a terminal of 24 lines and 80 columns', async (command, env) => {
  const recorded = recordedIo({ env });
  expect(await dispatch([], recorded.io, '1')).toBe(EXIT.usage);
  expect(recorded.out()).toBe('');
  const text = recorded.err();
  const lines = text.trimEnd().split('\n');
  // The line of the prompt, and the one that was typed.
  expect(lines.length).toBeLessThanOrEqual(22);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  const [, others = ''] = /^Others: ([^]*?)\n\n/m.exec(text) ?? [];
  const named = [...[...text.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name), ...others.split(/,\s+/)];
  const root = program({ io: recorded.io, version: '1', code: 0 });
  expect(named.sort()).toEqual(root.createHelp().visibleCommands(root).map((one) => one.name()).sort());
  expect(text).toContain(`\n${command} help COMMAND has `);
});
