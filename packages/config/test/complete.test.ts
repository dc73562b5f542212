import { formatDiagnostic, type ConfigPath, type Diagnostic } from '@crpm/core';
import { expect, test } from 'vitest';
import { loadConfig, type Environment } from '../src/index.js';
import { makeFolder } from './workspace.js';

const FILE = `kubevirt: { dir: kv }
sources:
  libvirt:
    dir: gone
  libnbd:
    rpms: [a, b]
tasks:
  notify: { run: ["true"], needs: [verfy] }
`;

/** First lines of complaints as somebody who knows no text makes them, completed. */
async function completed(complaints: readonly Pick<Diagnostic, 'path' | 'suggestion'>[], env: Environment = {}, text: string | undefined = FILE): Promise<readonly string[]> {
  const folder = makeFolder(text === '' ? {} : { 'custom-rpms.config.yaml': text });
  const loaded = await loadConfig({ cwd: folder, env, machine: 'x64' });
  if (!loaded.ok) throw new Error(loaded.error.map(formatDiagnostic).join('\n'));
  const diagnostics = await loaded.value.complete(complaints.map((complaint) => ({ severity: 'error', message: 'wrong', ...complaint })));
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).split('\n')[0] ?? '');
}

test.each<[string, ConfigPath, string]>([
  ['a value', ['sources', 'libvirt', 'dir'], '4:10'],
  ['an item', ['sources', 'libnbd', 'rpms', 1], '6:15'],
  ['a collection, at its key', ['sources', 'libnbd', 'rpms'], '6:5'],
  ['a default, where it would be', ['sources', 'libvirt', 'spec'], '3:3'],
])('the place of %s', async (_what, path, place) => {
  expect(await completed([{ path }])).toEqual([`custom-rpms.config.yaml:${place}: error: wrong`]);
});

test('they come in the order of the file, those without a place first', async () => {
  const paths: readonly ConfigPath[] = [['sources', 'libvirt', 'dir'], ['kubevirt', 'dir']];
  expect(await completed([...paths.map((path) => ({ path })), {}])).toEqual(['error: wrong', 'custom-rpms.config.yaml:1:18: error: wrong', 'custom-rpms.config.yaml:4:10: error: wrong']);
});

test('what may have been meant', async () => {
  const suggestion = { word: 'verfy', among: ['base', 'verify', 'notify'] };
  expect(await completed([{ path: ['tasks', 'notify', 'needs', 0], suggestion }])).toEqual(['custom-rpms.config.yaml:8:36: error: wrong; did you mean "verify"?']);
});

test('what the environment set has no place in the file', async () => {
  const path = ['sources', 'libvirt', 'dir'];
  expect(await completed([{ path }], { LIBVIRT_DIR: '/elsewhere' })).toEqual(['error: wrong']);
  expect(await completed([{ path }], { LIBVIRT_DIR: '/elsewhere' }, '')).toEqual(['error: wrong']);
});
