import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@crpm/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lookAtTrees } from '../../src/doctor/probes.js';
import { judgeTree } from '../../src/doctor/trees.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'crpm-probes-'))));
afterEach(() => rmSync(root, { recursive: true }));

test('every folder of the user’s that a run reads is named: trees, folders of specs, KubeVirt', async () => {
  const [qemu = '', spec = '', kubevirt = ''] = ['qemu', 'qemu-kvm', 'kubevirt'].map((name) => join(root, name));
  for (const dir of [qemu, spec, kubevirt]) mkdirSync(dir);
  execFileSync('git', ['init', '-q', '-b', 'main', kubevirt]);
  writeFileSync(join(kubevirt, 'WORKSPACE'), '');
  const fromFolder = { kind: 'dir', dir: spec };
  const config = { packages: [{ name: 'qemu', dir: qemu, specs: { '*': fromFolder, again: fromFolder } }], kubevirt: { dir: kubevirt } } as unknown as Config;
  expect((await lookAtTrees(config)).map(judgeTree).map(({ what, detail }) => `${what}: ${detail}`)).toEqual([
    `tree of qemu: ${qemu}, no git repository`,
    `spec tree of qemu: ${spec}, no git repository`,
    `KubeVirt tree: ${kubevirt}, on main, 1 uncommitted change`,
  ]);
});
