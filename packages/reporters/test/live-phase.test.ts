import type { Event } from '@crpm/core';
import { expect, test } from 'vitest';
import { LiveModel } from '../src/live-model.js';

/** The title of a node after it has written these lines, and the last of them that is shown. */
function after(...lines: readonly string[]): readonly [title: string, line: string] {
  const model = new LiveModel(() => 0);
  const of = (event: { readonly type: 'node-line' | 'node-status'; readonly text: string }): Event => ({ ...event, at: 0, node: 'a' });
  model.take({ type: 'run-started', at: 0, run: 'r', logs: '/l', nodes: [{ id: 'a', kind: 'k', title: 'a', needs: [] }] });
  model.take({ type: 'node-started', at: 0, node: 'a', reason: 'first run', log: '/l' });
  for (const text of lines) model.take(of(text.startsWith('status: ') ? { type: 'node-status', text: text.slice(8) } : { type: 'node-line', text }));
  const node = model.nodes.get('a');
  return node ? [model.title(node), node.line] : ['', ''];
}

test('the phase of rpmbuild stands beside the time, and how far ninja is in it', () => {
  expect(after('Executing(%prep): /bin/sh -e /var/tmp/rpm-tmp.Ab1')).toEqual(['a  0.0s  %prep', 'first run']);
  expect(after('Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.Ab1', '[412/1380] Compiling C object src/a.o')).toEqual(['a  0.0s  %build 412/1380', '[412/1380] Compiling C object src/a.o']);
  expect(after('Executing(%build): /bin/sh', '[412/1380] Compiling', 'Executing(%install): /bin/sh')[0]).toBe('a  0.0s  %install');
  expect(after('Processing files: libvirt-libs-11.10.0-1.el9.x86_64')).toEqual(['a  0.0s  packaging', 'Processing files: libvirt-libs-11.10.0-1.el9.x86_64']);
});

test('meson’s set-up is told until ninja counts, and what a node does next begins anew', () => {
  expect(after('Executing(%build): /bin/sh', 'The Meson build system', 'Checking for function "getauxval" : YES')[0]).toBe('a  0.0s  %build meson setup');
  expect(after('The Meson build system', '[1/3] Compiling')[0]).toBe('a  0.0s  1/3');
  expect(after('Executing(%build): /bin/sh', '[1/3] Compiling', 'status: taking the RPMs')).toEqual(['a  0.0s', 'taking the RPMs']);
});

test('what the shell does is no line to show', () => {
  expect(after('checking for gcc... yes', '+ cd qemu-10.1.0', '++ pwd', "make[1]: Entering directory '/x'")[1]).toBe('checking for gcc... yes');
});
