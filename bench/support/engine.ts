import type { Engine } from '@crpm/core';
import { openDockerEngine } from '@crpm/engines/docker/index';
import { cannotStart, HOST_VARIABLE, startDockerd } from '../../test/support/dockerd.js';
import { prepareTestImage, type PackageSet } from '../../test/support/image.js';

/** A container engine with an image that RPMs can be built in. */
export interface BenchEngine {
  /** `unix:///…` */
  readonly dockerHost: string;
  readonly engine: Engine;
  /** Id of the image, and what it is called. */
  readonly image: string;
  readonly reference: string;
}

/** Lends the engine that the tests were given, or a Docker daemon that lives as long. `sets`: what its image can build; default: as for the tests. */
export async function withEngine<T>(use: (given: BenchEngine) => Promise<T>, sets?: readonly PackageSet[]): Promise<T> {
  const given = process.env[HOST_VARIABLE];
  const why = given === undefined ? cannotStart() : undefined;
  if (why !== undefined) throw new Error(`this bench needs a container engine: set ${HOST_VARIABLE}, for ${why}`);
  const dockerd = given === undefined ? await startDockerd() : undefined;
  const dockerHost = given ?? dockerd!.host; // one of the two is there
  try {
    const reference = await prepareTestImage({ dockerHost, ...(sets && { sets, tag: 'bench' }) });
    const { signal } = new AbortController();
    const engine = await openDockerEngine({ config: { host: dockerHost, network: 'bridge' }, env: {}, signal });
    try {
      const labels = { workspace: 'bench', run: 'bench', node: 'base' };
      const { id: image } = await engine.prepareImage({ kind: 'image', reference, pull: false }, { labels, arch: engine.arch, signal, line: () => {} });
      return await use({ dockerHost, engine, image, reference });
    } finally {
      await engine.close();
    }
  } finally {
    await dockerd?.stop();
  }
}
