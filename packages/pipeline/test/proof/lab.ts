import { createHash } from 'node:crypto';
import { copyFileSync, createReadStream, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import type { Arch } from '@crpm/core';
import { formatEvr, readPrimary, readRpmHeader } from '@crpm/rpm';
import { addressesToAsk, prove, type Answer, type BazelFiles, type CustomRpm, type Evidence, type OfficialRpm, type Proof } from '../../src/proof/index.js';

export const ARCH: Arch = process.arch === 'arm64' ? 'aarch64' : process.arch === 's390x' ? 's390x' : 'x86_64';

/** Serves a folder on a free port of 127.0.0.1. */
export async function serveFolder(folder: string): Promise<{ readonly base: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const file = join(folder, decodeURIComponent(request.url ?? '/'));
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) response.writeHead(404).end();
    else createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    base: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Indexes RPMs as a repository in `folder`, each at `by-sha256/<digest>/<file>`, as crpm serves its own. */
export async function publish(folder: string, rpms: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const rpm of rpms) {
    const place = join(folder, 'by-sha256', sha256(readFileSync(rpm)));
    mkdirSync(place, { recursive: true });
    copyFileSync(rpm, join(place, basename(rpm)));
  }
  await execa('createrepo_c', ['--quiet', '--general-compress-type', 'gz', '--checksum', 'sha256', folder]);
}

/** What was built, as the evidence names it. `base`: where the folder of {@link publish} is served. */
export function customRpms(rpms: readonly string[], base: string): readonly CustomRpm[] {
  return rpms.map((file) => {
    const { name, epoch, version, release, arch, sourcerpm = '' } = readRpmHeader(file);
    const digest = sha256(readFileSync(file));
    const url = `${base}/by-sha256/${digest}/${basename(file)}`;
    return { file: basename(file), name, epoch, version, release, arch, sourcerpm, sha256: digest, size: statSync(file).size, package: 'libvirt', forArch: ARCH, forStream: 9, url };
  });
}

/** A Bazel tree of two files, and real bazeldnf in it. */
export class BazelTree {
  readonly #bazeldnf: string;
  readonly #dir: string;
  #run = 0;

  constructor(bazeldnf: string, dir: string) {
    this.#bazeldnf = bazeldnf;
    this.#dir = dir;
    mkdirSync(join(dir, 'rpm'), { recursive: true });
    this.write({ workspace: 'workspace(name = "kv")\n\nload("@bazeldnf//:deps.bzl", "rpm")\n', build: 'load("@bazeldnf//:deps.bzl", "rpmtree")\n' });
  }

  write(files: BazelFiles): void {
    writeFileSync(join(this.#dir, 'WORKSPACE'), files.workspace);
    writeFileSync(join(this.#dir, 'rpm/BUILD.bazel'), files.build);
  }

  read(): BazelFiles {
    return { workspace: readFileSync(join(this.#dir, 'WORKSPACE'), 'utf8'), build: readFileSync(join(this.#dir, 'rpm/BUILD.bazel'), 'utf8') };
  }

  /** Resolves one tree against repositories, in their order, as KubeVirt's script does; then removes rules that no tree names. */
  async resolve(tree: string, repositories: readonly string[], requested: readonly string[]): Promise<void> {
    const run = `run${this.#run++}`;
    const entries = repositories.map((baseurl, i) => ({ name: `${run}-${i}`, arch: ARCH, baseurl }));
    const repofile = join(this.#dir, `${run}.yaml`);
    // JSON is YAML.
    writeFileSync(repofile, JSON.stringify({ repositories: entries }));
    // Its metadata cache goes by the name of a repository alone.
    const options = { cwd: this.#dir, env: { XDG_CACHE_HOME: join(this.#dir, 'cache') } };
    await execa(this.#bazeldnf, ['fetch', '--repofile', repofile], options);
    await execa(
      this.#bazeldnf,
      ['rpmtree', '--public', '--nobest', '--name', tree, '--arch', ARCH, '--basesystem', 'centos-stream-release', '--repofile', repofile, ...requested],
      options,
    );
    await execa(this.#bazeldnf, ['prune'], options);
  }
}

/** Gathers evidence from the real files and servers, and judges. */
export async function judge(facts: Pick<Evidence, 'before' | 'after' | 'custom'> & Partial<Evidence> & { readonly officialBase?: string }): Promise<Proof> {
  const official = facts.officialBase === undefined ? [] : await readPrimary(facts.officialBase);
  const evidence = {
    streams: [9],
    arches: [ARCH],
    pinned: {},
    official: official.map((rpm): OfficialRpm => ({ name: rpm.name, evr: formatEvr(rpm), sourcerpm: rpm.sourcerpm })),
    allowOfficial: [],
    resolver: { name: 'bazeldnf v0.99.1', standIn: false },
    ...facts,
  };
  const answers = new Map<string, Answer>();
  for (const url of addressesToAsk(evidence)) answers.set(url, await ask(url));
  return prove({ ...evidence, answers });
}

async function ask(url: string): Promise<Answer> {
  try {
    const response = await fetch(url);
    return response.ok ? { sha256: sha256(Buffer.from(await response.arrayBuffer())) } : { error: `${response.status} ${response.statusText}` };
  } catch (error) {
    return { error: error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error) };
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
