import { openDockerEngine } from '@crpm/engines/docker/index';
import { describe, it } from 'vitest';
import { testEngine } from '../../../test/support/engine.js';
import { conformance } from './conformance/index.js';
import { dockerBehaviour } from './docker-behaviour.js';

const engine = await testEngine();

if ('skipped' in engine) {
  console.warn(`SKIPPED: the docker engine is not tested: ${engine.skipped}`);
  describe('docker', () => it.skip('needs a container engine'));
} else {
  const { dockerHost, image } = engine;
  const open = (env: NodeJS.ProcessEnv = {}) => openDockerEngine({ config: { host: dockerHost, network: 'bridge' }, env, signal: new AbortController().signal });
  const probe = await open();
  const podman = probe.description.startsWith('Podman');
  await probe.close();
  conformance('docker', {
    open: () => open(process.env),
    image: async (opened) =>
      (await opened.prepareImage({ kind: 'image', reference: image, pull: false }, { labels: { workspace: 'w', run: 'r', node: 'base' }, arch: opened.arch, signal: new AbortController().signal, line: () => {} })).id,
    // Podman on cgroup v1 records the end of the first process only.
    lacks: podman ? { childOom: true } : {},
  });
  dockerBehaviour(open, dockerHost, image);
}
