import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { BenchEngine } from './engine.js';

/** What somebody types who has a container, a tree in it and a build of that: its %install wants a folder of the last time out of the way. Timed where it runs. */
const REBUILD = `
cd /crpm/rpmbuild/BUILD/libvirt-9.0.0
cat >"$1"
rm -rf libvirt-docs
begun=$(date +%s%N)
rpmbuild -bb --build-in-place --noprep --nocheck --define '_topdir /crpm/rpmbuild' --define 'debug_package %{nil}' --define '_binary_payload w1.gzdio' libvirt.spec >/crpm/bare.log 2>&1 || { tail -n 20 /crpm/bare.log >&2; exit 1; }
echo $(( ($(date +%s%N) - begun) / 1000000 ))
`;

/** The bare in-place rpmbuild of libvirt, in a container that runs already, on a copy of a finished build tree of crpm's. */
export class BareRpmbuild {
  private constructor(
    private readonly docker: (argv: readonly string[], input?: string) => Promise<string>,
    private readonly container: string,
    private readonly volume: string,
  ) {}

  /** `tree`: the volume of a build tree. */
  static async start({ dockerHost, image }: BenchEngine, tree: string): Promise<BareRpmbuild> {
    const docker = async (argv: readonly string[], input = ''): Promise<string> => (await execa('docker', ['--host', dockerHost, ...argv], { input })).stdout.trim();
    const volume = await docker(['volume', 'create']);
    await docker(['run', '--rm', '--network', 'none', '--volume', `${tree}:/from:ro`, '--volume', `${volume}:/crpm`, image, 'cp', '--archive', '/from/.', '/crpm/']);
    const container = await docker(['run', '--detach', '--init', '--network', 'none', '--volume', `${volume}:/crpm`, image, 'sleep', 'infinity']);
    return new BareRpmbuild(docker, container, volume);
  }

  /** Milliseconds of a build after `file` of the tree became what it is in `from`. */
  async round(from: string, file: string): Promise<number> {
    return Number(await this.docker(['exec', '--interactive', this.container, 'sh', '-euc', REBUILD, 'rebuild', file], readFileSync(join(from, file), 'utf8')));
  }

  async stop(): Promise<void> {
    await this.docker(['rm', '--force', this.container]);
    await this.docker(['volume', 'rm', this.volume]);
  }
}
