import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { noteWriter, readRecord, removeRecord, writeRecord, type TreeRecord } from '@crpm/pipeline/build-tree/record';
import { makeManifest, type ManifestEntry } from '@crpm/sources';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { makeWorkspace } from '../support/run-graph.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'crpm-record-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const file = (path: string): ManifestEntry => ({ type: 'file', path, mode: 0o644, size: 1, sha256: 'a'.repeat(64) });
const record: TreeRecord = { token: 't', writer: 'anything', ninja: true, path: 'rpmbuild/BUILD/x', spec: 'x.spec', tree: makeManifest([file('caf\xe9')]), distGit: makeManifest([file('x.spec')]), options: 'o' };

test('a record comes back as it was written, and only what it names is kept', () => {
  const workspace = makeWorkspace(root);
  writeRecord(workspace, 'libvirt-x86_64-1', record);
  const next = { ...record, token: 'u', tree: makeManifest([file('other')]) };
  writeRecord(workspace, 'libvirt-x86_64-1', next);
  expect(readRecord(workspace, 'libvirt-x86_64-1')).toEqual(next);
  expect(readdirSync(join(workspace.state, 'build-trees', 'libvirt-x86_64-1'))).toHaveLength(3);
  noteWriter(workspace, 'libvirt-x86_64-1', 'ninja');
  expect(readRecord(workspace, 'libvirt-x86_64-1')).toEqual({ ...next, writer: 'ninja' });
  removeRecord(workspace, 'libvirt-x86_64-1');
  expect(readRecord(workspace, 'libvirt-x86_64-1')).toBeUndefined();
});

test('cut anywhere, a record is none', () => {
  const workspace = makeWorkspace(root);
  writeRecord(workspace, 'n', record);
  const folder = join(workspace.state, 'build-trees', 'n');
  for (const name of readdirSync(folder)) {
    const whole = readFileSync(join(folder, name));
    // The last byte is the end of the line.
    for (let length = 0; length < whole.length - 1; length++) {
      writeFileSync(join(folder, name), whole.subarray(0, length));
      expect(readRecord(workspace, 'n')).toBeUndefined();
    }
    writeFileSync(join(folder, name), whole);
  }
  expect(readRecord(workspace, 'n')).toEqual(record);
});
