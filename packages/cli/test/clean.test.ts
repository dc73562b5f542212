import type { OwnedObject } from '@crpm/core';
import { expect, test } from 'vitest';
import { belongsTo, type Extent } from '../src/clean.js';

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
