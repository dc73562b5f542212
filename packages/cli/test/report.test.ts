import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FailureError, type FailureClass } from '@crpm/core';
import { expect, onTestFinished, test } from 'vitest';
import { ComplaintsError } from '../src/complaints.js';
import { report } from '../src/report.js';
import { recordedIo } from './io.js';

test('complaints are printed one by one, with their places, and mean 2', () => {
  const { io, err } = recordedIo();
  const location = { file: 'a.yaml', line: 2, column: 3, length: 4, source: '  oops: 1' };
  const code = report(new ComplaintsError([{ severity: 'error', message: 'no such key', location }, { severity: 'error', message: 'and another' }]), io);
  expect(code).toBe(2);
  expect(err()).toBe('a.yaml:2:3: error: no such key\n 2 |   oops: 1\n   |   ^^^^\nerror: and another\n');
});

const classes: readonly (readonly [FailureClass, number])[] = [
  ['build', 1],
  ['proof', 1],
  ['oom', 1],
  ['source', 1],
  ['usage', 2],
  ['environment', 3],
  ['locked', 4],
  ['cancelled', 130],
];
test.each(classes)('a failure of class %s means %d', (kind, code) => {
  const { io, err } = recordedIo();
  expect(report(new FailureError({ class: kind, message: 'it failed', next: 'Mend it.' }), io)).toBe(code);
  expect(err()).toBe('error: it failed\n  next: Mend it.\n');
});

test('anything else is a bug: 5, with the whole stack and its causes in a log', () => {
  const state = mkdtempSync(join(tmpdir(), 'crpm-report-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  const { io, err } = recordedIo({ env: { XDG_STATE_HOME: state } });
  expect(report(new TypeError('x is not a function', { cause: new Error('deeper') }), io)).toBe(5);
  const folder = join(state, 'crpm', 'bugs');
  const [log] = readdirSync(folder);
  expect(err()).toContain(`error: internal error: x is not a function\n`);
  expect(err()).toContain(`log:  ${join(folder, log ?? '')}\n`);
  const text = readFileSync(join(folder, log ?? ''), 'utf8');
  expect(text).toContain('TypeError: x is not a function\n    at ');
  expect(text).toContain('caused by: Error: deeper\n    at ');
});
