import { fail, type Arch, type InputContext } from '@crpm/core';
import { readPrimary, sourceName, type RepoPackage } from '@crpm/rpm';
import type { RepositoryFact, ServeFact } from '../facts.js';
import { needFact } from '../needs.js';
import type { PinnedPackage, StreamParams } from '../params.js';
import type { CustomRpm } from '../proof/index.js';
import { servedAt } from '../serve/address.js';
import { readScript } from './evidence.js';
import { readPins } from './pins.js';

/** What one stream and architecture of KubeVirt's tree is to take. */
export interface CustomRepository {
  /** CentOS Stream number. */
  readonly stream: number;
  readonly arch: Arch;
  /** With a slash at its end. */
  readonly baseUrl: string;
  readonly rpms: readonly CustomRpm[];
  /** Package → since when its RPMs are what they are, for packages left out of this run. */
  readonly stale: Readonly<Record<string, string>>;
}

interface Wanted {
  /** Absolute folder of the KubeVirt tree. */
  readonly kubevirt: string;
  readonly streams: readonly StreamParams[];
  readonly arches: readonly Arch[];
  readonly packages: readonly PinnedPackage[];
  readonly published?: string;
}

/** The repositories as served: from the generation, or from the metadata of one that somebody else published. */
export async function customRepositories(params: Wanted, context: InputContext): Promise<readonly CustomRepository[]> {
  const baseUrl = repositoryAddress(params, context);
  if (params.published !== undefined) return publishedRepositories(params, baseUrl, context.signal);
  const { repos } = needFact<RepositoryFact>(context, 'createrepo');
  return params.streams.flatMap(({ basesystem, stream }) =>
    repos
      .filter((repo) => repo.basesystem === basesystem)
      .map((repo) => {
        const base = `${baseUrl}${repo.path}/`;
        const rpms = repo.rpms.map((rpm) => ({ ...rpm, forArch: repo.arch, forStream: stream, url: `${base}by-sha256/${rpm.sha256}/${rpm.file}` }));
        return { stream, arch: repo.arch, baseUrl: base, rpms, stale: repo.stale };
      }),
  );
}

/** Where the repositories are found now, with a slash at its end. */
export function repositoryAddress({ published }: Pick<Wanted, 'published'>, context: InputContext): string {
  if (published !== undefined) return published.endsWith('/') ? published : `${published}/`;
  return servedAt(needFact<ServeFact>(context, 'serve'), context.workspace);
}

async function publishedRepositories({ kubevirt, streams, arches, packages }: Wanted, baseUrl: string, signal: AbortSignal): Promise<readonly CustomRepository[]> {
  const all = await readPrimary(baseUrl, { signal });
  const [{ stream } = fail({ class: 'bug', message: 'a run is of one stream at least' })] = streams;
  const script = readScript(kubevirt);
  return arches.map((arch) => {
    const here = all.filter((rpm) => rpm.arch === arch || rpm.arch === 'noarch');
    // All RPMs of a source RPM belong to the package of which KubeVirt pins one.
    const names = new Map(
      packages.flatMap((pkg) => {
        const pinned = new Set(readPins(script, pkg, { arch, stream }).names);
        return here.filter((rpm) => pinned.has(rpm.name)).map((rpm) => [rpm.sourcerpm, pkg.name]);
      }),
    );
    return { stream, arch, baseUrl, stale: {}, rpms: here.map((rpm) => ({ ...customRpm(rpm, arch, baseUrl, names.get(rpm.sourcerpm)), forStream: stream })) };
  });
}

function customRpm(rpm: RepoPackage, arch: Arch, baseUrl: string, pinned: string | undefined): Omit<CustomRpm, 'forStream'> {
  // WORKSPACE names RPMs by sha256; with another checksum in the metadata nobody could compare them.
  if (rpm.checksumType !== 'sha256') {
    fail({ class: 'usage', message: `${baseUrl} names its RPMs by ${rpm.checksumType}, not sha256`, next: 'Index it again with createrepo_c --checksum sha256.' });
  }
  return {
    file: rpm.location.slice(rpm.location.lastIndexOf('/') + 1),
    name: rpm.name,
    epoch: rpm.epoch,
    version: rpm.version,
    release: rpm.release,
    arch: rpm.arch,
    sourcerpm: rpm.sourcerpm,
    sha256: rpm.checksum,
    size: rpm.size,
    forArch: arch,
    url: new URL(rpm.location, baseUrl).href,
    package: pinned ?? sourceName(rpm.sourcerpm) ?? rpm.name,
  };
}
