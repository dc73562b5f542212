import type { Complaint, Event } from '@crpm/core';
import { expect, test } from 'vitest';
import { createReporter, type ReporterOptions } from '../src/index.js';
import { failingRun, failingSummary, Recorded } from './events.js';

async function commands(events: readonly Event[], options: Partial<ReporterOptions> = {}): Promise<readonly string[]> {
  const stream = new Recorded();
  const reporter = await createReporter('github', { stream, colour: false, ...options });
  for (const event of events) reporter.sink(event);
  await reporter.close();
  return stream.text.split('\n').filter((line) => line.startsWith('::'));
}

const failed = (failure: { readonly message: string; readonly complaints?: readonly Complaint[]; readonly next?: string }): readonly Event[] => [
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
  const complaints = [{ file: 'src/qemu/qemu_driver.c', line: 120, column: 5, message: '‘x’ undeclared' }];
  const trees = new Map([['libvirt', '/checkout/deps/libvirt']]);
  expect(await commands(failed({ message: 'no', complaints }), { trees, checkout: '/checkout' })).toEqual([
    '::error file=deps/libvirt/src/qemu/qemu_driver.c,line=120,col=5,title=libvirt.rpmbuild::‘x’ undeclared',
    '::error title=libvirt.rpmbuild failed::no',
  ]);
});

test('nothing that a program printed can become a command of its own', async () => {
  const message = 'bad\n::set-output name=x::y\r\u001b[31m100%';
  expect(await commands(failed({ message }))).toEqual(['::error title=libvirt.rpmbuild failed::bad%0A100%25']);
  expect(await commands([{ type: 'warning', at: 0, text: 'x\n::add-mask::y' }])).toEqual(['::warning::x%0A::add-mask::y']);
  const forged = failed({ message: 'm', complaints: [{ file: 'a,title=b%', line: 3, message: 'x' }] });
  expect((await commands(forged))[0]).toBe('::error file=a%2Ctitle=b%25,line=3,title=libvirt.rpmbuild::x');
});
