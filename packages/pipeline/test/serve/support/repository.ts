import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { publishGeneration, type Generation } from '@crpm/state';
import { temporaryFolder } from './temporary.js';

export const REPOMD = 'centos-stream-9/x86_64/repodata/repomd.xml';

/** A workspace of its own under the system's temporary folder. */
export function temporaryWorkspace(id = 'test-0123abcd'): WorkspacePaths {
  const root = temporaryFolder('serve');
  const state = join(root, 'state', id);
  const cache = join(root, 'cache');
  for (const dir of [state, cache]) mkdirSync(dir, { recursive: true });
  return { state, id, cache };
}

/** Publishes a generation with this `repomd.xml`, a `primary.xml.gz`, and one "RPM"; returns the RPM's path. */
export async function publish(workspace: WorkspacePaths, content: string, rpmName = 'a+b~c^d-1-1.x86_64.rpm'): Promise<{ rpm: string; generation: Generation }> {
  const inputs = mkdtempSync(join(workspace.cache, 'in-'));
  const file = (name: string, text: string) => {
    const path = join(inputs, name);
    writeFileSync(path, text);
    return path;
  };
  const bytes = `rpm of ${content}`;
  const rpm = `centos-stream-9/x86_64/by-sha256/${createHash('sha256').update(bytes).digest('hex')}/${rpmName}`;
  const generation = await publishGeneration(join(workspace.state, 'repo'), [
    { path: REPOMD, source: file('repomd.xml', content) },
    { path: 'centos-stream-9/x86_64/repodata/primary.xml.gz', source: file('primary.xml.gz', `packed ${content}`) },
    { path: rpm, source: file('rpm', bytes) },
  ]);
  return { rpm, generation };
}
