import { openDockerEngine } from '@crpm/engines/docker/index';
import { describe, it } from 'vitest';
import { testEngine } from '../../../test/support/engine.js';
import { conformance } from './conformance/index.js';
import { dockerBehaviour } from './docker-behaviour.js';
import { dockerSubject } from './docker-subject.js';

const engine = await testEngine();

if ('skipped' in engine) {
  console.warn(`SKIPPED: the docker engine is not tested: ${engine.skipped}`);
  describe('docker', () => it.skip('needs a container engine'));
} else {
  const { dockerHost, image } = engine;
  const open = (env: NodeJS.ProcessEnv = {}) => openDockerEngine({ config: { host: dockerHost, network: 'bridge' }, env, signal: new AbortController().signal });
  conformance('docker', await dockerSubject(dockerHost, image));
  dockerBehaviour(open, dockerHost, image);
}
