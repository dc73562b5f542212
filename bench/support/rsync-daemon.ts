import { setTimeout as delay } from 'node:timers/promises';
import type { Labels } from '@crpm/core';
import { execa } from 'execa';
import type { BenchEngine } from './engine.js';

/** An rsync daemon in a container, with a volume, as KubeVirt’s builder has one. */
export interface RsyncDaemon {
  /** `rsync://ADDRESS/build` */
  readonly url: string;
  /** The container whose volume others can have too, at `/volume`. */
  readonly container: string;
  stop(): Promise<void>;
}

const CONFIG = 'reverse lookup = no\n[build]\npath = /volume\nread only = false\nuid = 0\ngid = 0\nuse chroot = yes\n';

/** Starts a daemon on the engine’s bridge, which the machine reaches directly: no proxy in between slows it down. */
export async function startRsyncDaemon({ dockerHost, engine, image }: BenchEngine, labels: Labels): Promise<RsyncDaemon> {
  const { signal } = new AbortController();
  const { id } = await engine.deriveImage(image, {
    argv: ['sh', '-c', `apt-get -q update && apt-get -q -y --no-install-recommends install rsync && printf '${CONFIG}' > /etc/rsyncd.conf`],
    env: {},
    network: 'host',
    labels,
    arch: engine.arch,
    signal,
    line: () => {},
  });
  const docker = async (...argv: string[]) => (await execa('docker', ['--host', dockerHost, ...argv])).stdout;
  const container = await docker('run', '--detach', '--rm', '--network', 'bridge', '--volume', '/volume', '--entrypoint', 'rsync', id, '--daemon', '--no-detach');
  const stop = async (): Promise<void> => {
    await docker('rm', '--force', '--volumes', container);
    await engine.remove([{ type: 'image', id, labels, created: 0 }]);
  };
  try {
    const url = `rsync://${await docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', container)}/build`;
    for (let left = 50; (await execa('rsync', [url], { reject: false })).failed; left--) {
      if (left === 0) throw new Error(`no rsync daemon answers at ${url}`);
      await delay(100);
    }
    return { url, container, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
