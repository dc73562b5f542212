import type { Event } from '@crpm/core';
import { expect, test } from 'vitest';
import { compilerErrors } from '../src/compiler-errors.js';
import { createReporter, type ReporterOptions } from '../src/index.js';
import { failingRun, failingSummary, Recorded } from './events.js';

async function commands(events: readonly Event[], options: Partial<ReporterOptions> = {}): Promise<readonly string[]> {
  const stream = new Recorded();
  const reporter = await createReporter('github', { stream, colour: false, ...options });
  for (const event of events) reporter.sink(event);
  await reporter.close();
  return stream.text.split('\n').filter((line) => line.startsWith('::'));
}

const failed = (failure: { readonly message: string; readonly lines?: readonly string[]; readonly next?: string }): readonly Event[] => [
  { type: 'run-started', at: 0, run: 'r', logs: '/l', nodes: [{ id: 'libvirt.rpmbuild', kind: 'rpmbuild', title: '', group: 'libvirt', needs: [] }] },
  { type: 'node-finished', at: 1, node: 'libvirt.rpmbuild', outcome: 'failed', ms: 1, failure: { class: 'build', ...failure } },
];

test('warnings and failures become annotations beside the plain lines', async () => {
  const stream = new Recorded();
  const reporter = await createReporter('github', { stream, colour: false });
  for (const event of failingRun) reporter.sink(event);
  expect(stream.text).toContain('a.source: ran in 0.3s\n');
  expect(stream.text.endsWith(failingSummary)).toBe(true);
  expect(await commands(failingRun)).toEqual([
    '::warning title=a.source::left out a socket: run/x',
    '::error title=a.rpmbuild failed::rpmbuild ended with exit code 1%0AMend the error above.',
    '::warning::the journal was cut at record 7',
  ]);
});

test('an error of a compiler stands at its file and line, named from the checkout where the tree lies in it', async () => {
  const lines = ['../src/qemu/qemu_driver.c:120:5: error: ‘x’ undeclared', 'ninja: build stopped: subcommand failed.'];
  const trees = new Map([['libvirt', '/checkout/deps/libvirt']]);
  expect(await commands(failed({ message: 'no', lines }), { trees, checkout: '/checkout' })).toEqual([
    '::error file=deps/libvirt/src/qemu/qemu_driver.c,line=120,col=5,title=libvirt.rpmbuild::‘x’ undeclared',
    '::error title=libvirt.rpmbuild failed::no',
  ]);
});

test('nothing that a program printed can become a command of its own', async () => {
  const message = 'bad\n::set-output name=x::y\r\u001b[31m100%';
  expect(await commands(failed({ message }))).toEqual(['::error title=libvirt.rpmbuild failed::bad%0A100%25']);
  expect(await commands([{ type: 'warning', at: 0, text: 'x\n::add-mask::y' }])).toEqual(['::warning::x%0A::add-mask::y']);
  const forged = failed({ message: 'm', lines: ['a,title=b%:3: error: x'] });
  expect((await commands(forged))[0]).toBe('::error file=a%2Ctitle=b%25,line=3,title=libvirt.rpmbuild::x');
});

test.each([
  ['../src/a.c:12:3: error: no', { file: 'src/a.c', line: 12, column: 3, message: 'no' }],
  ['/build/rpmbuild/BUILD/libvirt-9.0.0/src/a.c:12:3: fatal error: no.h: No such file', { file: 'src/a.c', line: 12, column: 3, message: 'no.h: No such file' }],
  ['/x/BUILD/libvirt-9.0.0-build/libvirt-9.0.0/src/a.c:1:1: error: of rpm 4.20', { file: 'src/a.c', line: 1, column: 1, message: 'of rpm 4.20' }],
  ['meson.build:7:0: ERROR: Unknown function', { file: 'meson.build', line: 7, message: 'Unknown function' }],
  ['foo.y:9: error: syntax', { file: 'foo.y', line: 9, message: 'syntax' }],
])('%s', (line, error) => {
  expect(compilerErrors([line, line, 'a.c:1:2: warning: w', 'cc: error: none'])).toEqual([error]);
});
