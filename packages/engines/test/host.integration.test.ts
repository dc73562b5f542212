import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHostEngine } from '@crpm/engines/host/index';
import { findIsolation } from '@crpm/engines/host/isolation';
import { afterAll } from 'vitest';
import { conformance } from './conformance/index.js';

const folder = mkdtempSync(join(tmpdir(), 'crpm-host-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isolated = (await findIsolation(process.env['PATH'] ?? '/usr/bin:/bin')).length > 0;
if (!isolated) console.warn('SKIPPED: this machine allows no network namespaces; the host engine’s “no network” is not tested here');

conformance('host', {
  open: async () => openHostEngine({ workDir: join(folder, 'work'), sharedDir: join(folder, 'shared'), env: process.env, distribution: 'the test machine' }),
  image: async () => 'host',
  lacks: { memoryLimit: true, derive: true, ...(isolated ? {} : { networkNone: true }) },
});
