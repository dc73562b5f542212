import { probeEngines } from '@crpm/engines';
import { openDockerEngine } from '@crpm/engines/docker/index';
import { afterAll, describe, expect, it } from 'vitest';
import { conformance } from '../../packages/engines/test/conformance/index.js';
import { dockerBehaviour } from '../../packages/engines/test/docker-behaviour.js';
import { dockerSubject } from '../../packages/engines/test/docker-subject.js';
import { prepareTestImage } from '../support/image.js';
import { cannotStartPodman, startPodman } from '../support/podman.js';

for (const rights of ['root', 'rootless'] as const) {
  const name = `Podman, ${rights}`;
  const why = cannotStartPodman(rights);
  if (why !== undefined) {
    console.warn(`\n*** SKIPPED: ${name}, is not tested: ${why}\n`);
    describe(name, () => it.skip('needs podman'));
    continue;
  }
  const podman = await startPodman(rights);
  afterAll(() => podman.stop());
  const image = await prepareTestImage({ dockerHost: podman.host });
  describe(name, () => {
    it('is known for what it is', async () => {
      const [probe] = await probeEngines({ config: { kind: 'docker', host: podman.host, network: 'bridge' }, env: {}, signal: new AbortController().signal });
      expect(probe?.facts).toMatchObject({ flavour: 'podman', rootless: rights === 'rootless', driver: 'overlay', local: true });
    });
  });
  conformance(name, await dockerSubject(podman.host, image));
  describe(name, () => { dockerBehaviour((env = {}) => openDockerEngine({ config: { host: podman.host, network: 'bridge' }, env, signal: new AbortController().signal }), podman.host, image); });
}
