import { openDockerEngine } from '@crpm/engines/docker/index';
import { afterAll, describe, it, vi } from 'vitest';
import { conformance } from '../../packages/engines/test/conformance/index.js';
import { testEngine } from '../support/engine.js';
import { lacksSsh, overSsh, overTls } from '../support/remote-engine.js';

const engine = await testEngine();
const ssh = lacksSsh();
if ('skipped' in engine) {
  console.warn(`SKIPPED: no remote engine is tested: ${engine.skipped}`);
  describe('a remote engine', () => it.skip('needs a container engine'));
} else {
  if (ssh !== undefined) console.warn(`SKIPPED: no engine over ssh is tested: ${ssh}`);
  for (const [name, start] of [...(ssh === undefined ? ([['docker over ssh', overSsh]] as const) : []), ['docker over TCP with TLS', overTls] as const]) {
    const remote = await start(engine.dockerHost);
    afterAll(() => remote.stop());
    if (remote.env['PATH'] !== undefined) vi.stubEnv('PATH', remote.env['PATH']);
    const open = () => openDockerEngine({ config: { network: 'bridge' }, env: { ...process.env, ...remote.env }, signal: new AbortController().signal });
    conformance(name, {
      open,
      image: async (opened) => (await opened.prepareImage({ kind: 'image', reference: engine.image, pull: false }, { labels: { workspace: 'w', run: 'r', node: 'base' }, arch: opened.arch, signal: new AbortController().signal, line: () => {} })).id,
      lacks: {},
    });
  }
}
