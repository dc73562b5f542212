import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHostEngine } from '@crpm/engines/host/index';
import { findIsolation, standIn } from '@crpm/engines/host/isolation';
import { afterAll } from 'vitest';
import { conformance } from './conformance/index.js';

const folder = mkdtempSync(join(tmpdir(), 'crpm-host-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mounts = await standIn(process.env['PATH'] ?? '/usr/bin:/bin', { copy: folder, at: folder, cwd: folder, online: true }).then(() => true, () => false);
if (!mounts) console.warn('SKIPPED: this machine allows no mount namespaces; copies of the host engine’s build trees are not tested here');
const isolated = (await findIsolation(process.env['PATH'] ?? '/usr/bin:/bin')).length > 0;
if (!isolated) console.warn('SKIPPED: this machine allows no network namespaces; the host engine’s “no network” is not tested here');

conformance('host', {
  open: async () => openHostEngine({ workDir: join(folder, 'work'), sharedDir: join(folder, 'shared'), env: process.env, distribution: 'the test machine' }),
  image: async () => 'host',
  lacks: { memoryLimit: true, derive: true, ...(mounts ? {} : { copyOf: true }), ...(isolated ? {} : { networkNone: true }) },
});
