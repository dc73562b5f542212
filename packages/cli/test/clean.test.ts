import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OwnedObject } from '@crpm/core';
import { expect, test } from 'vitest';
import { belongsTo, removeResults, removeState, type Extent } from '../src/clean.js';

const object = (type: OwnedObject['type'], run: string) => ({ type, labels: { workspace: 'w', run, node: 'n' } });
const cases: readonly (readonly [string, Pick<OwnedObject, 'type' | 'labels' | 'keeps'>, readonly Extent[]])[] = [
  ['a container of a run that died', object('container', '20260101T000000Z-abcdef'), ['orphans', 'results', 'all']],
  ['a volume of a run that died', object('volume', '20260101T000000Z-abcdef'), ['orphans', 'results', 'all']],
  ['a build root, which the next run uses', object('image', '20260101T000000Z-abcdef'), ['results', 'all']],
  ['a build tree, which the next run uses', { ...object('volume', '20260101T000000Z-abcdef'), keeps: { what: 'tree', name: 'libvirt' } }, ['results', 'all']],
  ['the web server, which KubeVirt needs', object('container', 'serve'), ['all']],
];

test.each(cases)('%s goes only with what it belongs to', (_what, which, extents) => {
  expect((['orphans', 'results', 'all'] as const).filter((extent) => belongsTo(which, extent))).toEqual(extents);
});

test('of a workspace nothing is left but its lock, what unique releases count on from, and the schema for editors', () => {
  const state = mkdtempSync(join(tmpdir(), 'crpm-clean-'));
  for (const folder of ['scans', 'build-trees', 'kubevirt', 'serve']) mkdirSync(join(state, folder));
  for (const file of ['secret', 'lock.24', 'unique-release', 'config.schema.json']) writeFileSync(join(state, file), '');
  removeState({ state, cache: '/nowhere', id: 'w' });
  expect(readdirSync(state).sort()).toEqual(['config.schema.json', 'lock.24', 'unique-release']);
  rmSync(state, { recursive: true });
});

test('what build trees held is forgotten with them, so that the next build does not miss them', () => {
  const state = mkdtempSync(join(tmpdir(), 'crpm-clean-'));
  for (const folder of ['journal', 'results', 'build-trees', 'tmp', 'work', 'logs', 'repo']) mkdirSync(join(state, folder));
  removeResults({ state, cache: '/nowhere', id: 'w' });
  expect(readdirSync(state).sort()).toEqual(['logs', 'repo']);
  rmSync(state, { recursive: true });
});
