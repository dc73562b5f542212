import { probeEngines } from '@crpm/engines';
import { openDockerEngine } from '@crpm/engines/docker/index';
import type { Subject } from './conformance/rig.js';

const signal = new AbortController().signal;

/** A container engine, for the suite; what it lacks is what it says of itself. */
export async function dockerSubject(host: string, image: string): Promise<Subject> {
  const [probe] = await probeEngines({ config: { kind: 'docker', host, network: 'bridge' }, env: {}, signal });
  const facts = probe?.facts;
  if (!facts) throw new Error(`${host} does not say what it can`);
  return {
    open: () => openDockerEngine({ config: { host, network: 'bridge' }, env: process.env, signal }),
    image: async (engine) => (await engine.prepareImage({ kind: 'image', reference: image, pull: false }, { labels: { workspace: 'w', run: 'r', node: 'base' }, arch: engine.arch, signal, line: () => {} })).id,
    lacks: {
      ...(facts.limitsMemory ? {} : { memoryLimit: true }),
      // Podman on cgroup v1 records the end of the first process only.
      ...(facts.flavour === 'podman' && facts.cgroup === 1 ? { childOom: true } : {}),
    },
  };
}
