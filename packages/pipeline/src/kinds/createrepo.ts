import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { extractTar, packPath } from '@crpm/archive';
import { fail, ofEarlierRun, type Arch, type NodeContext, type NodeKind, type NodeOutput } from '@crpm/core';
import { formatNevra } from '@crpm/rpm';
import { findDamage, publishGeneration, readCurrentGeneration, type GenerationFile } from '@crpm/state';

import { BUILD_TIME } from '../build/reproducible.js';
import { script } from '../build/scripts.js';
import { linkOrCopy, withStaging } from '../build/staging.js';
import { mustRun, withWork } from '../build/work.js';
import type { BaseFact, PublishedRepo, RepositoryFact, RpmFact, RpmsFact } from '../facts.js';
import { readPlace, type PlacedId } from '../compile/ids.js';
import { needFact, stepOf } from '../needs.js';
import type { CreaterepoParams } from '../params.js';
import { repositoryDir } from '../paths.js';
import { KUBEVIRT_CONFIG_PATHS } from './config-paths.js';

/** A new generation of the repository from exactly this graph's RPMs, indexed and published as one. */
export function createrepoKind(): NodeKind<CreaterepoParams> {
  return {
    name: 'createrepo',
    version: 1,
    weight: 'light',
    configPaths: KUBEVIRT_CONFIG_PATHS,
    // A result that stands in for a package left out has the same digest as before; the mark it gets in the repository is new.
    async inputs(_params, { needs }) {
      return [...needs].flatMap(([id, { asOf }]) => (asOf === undefined ? [] : [ofEarlierRun(id, asOf)]));
    },
    run,
    async stale(_params, output, context) {
      const { generation } = output.data as RepositoryFact;
      const repoDir = repositoryDir(context.workspace);
      const current = readCurrentGeneration(repoDir);
      if (current?.id !== generation) return `the generation ${generation} is not the published one`;
      const damaged = await findDamage(repoDir, current);
      return damaged && `${damaged} of the repository is not what was published`;
    },
  };
}

type PackagedRpm = RpmFact & { readonly package: string };

/** An RPM and the folder it lies in. */
interface FoundRpm {
  readonly rpm: PackagedRpm;
  readonly dir: string;
}

async function run(params: CreaterepoParams, context: NodeContext): Promise<RepositoryFact> {
  const found = [...context.needs].filter(([id]) => stepOf(id) === 'rpmbuild');
  const stale = Object.fromEntries(found.flatMap(([, { data, asOf }]) => (asOf === undefined ? [] : [[(data as RpmsFact).package, asOf]])));
  for (const [name, at] of Object.entries(stale)) context.report.warn(`${name}: its RPMs of ${at} stay in the repository`);
  const files: GenerationFile[] = [];
  const repos: PublishedRepo[] = [];
  const generation = await withStaging(context.workspace, async (staging) => {
    const folders = params.streams.flatMap(({ basesystem, stream }) => params.arches.map((arch) => ({ basesystem, arch, rpms: rpmsFor({ arch, stream, arches: params.arches }, found) })));
    refuseTwins(folders.flatMap(({ rpms }) => rpms));
    for (const { basesystem, arch, rpms } of folders) {
      const path = `${basesystem}/${arch}`;
      files.push(...(await indexed(context, join(staging, basesystem, arch), path, rpms)));
      repos.push({ basesystem, arch, path, rpms: rpms.map(({ rpm }) => rpm), stale });
    }
    context.report.status('publishing');
    return publishGeneration(repositoryDir(context.workspace), files);
  });
  return { generation: generation.id, repos };
}

/** Where a repository's RPMs go; `arches`: of the run. */
interface Folder {
  readonly arch: Arch;
  readonly stream: number;
  readonly arches: readonly Arch[];
}

/**
 * What belongs to one architecture of one stream: its own RPMs, and what is `noarch` from all architectures, as in a distribution's composes. A `noarch` RPM that several
 * builds made is the first one's everywhere: KubeVirt knows it by its NEVRA. Two of one NEVRA from different packages are refused: KubeVirt could take either.
 */
function rpmsFor({ arch, stream, arches }: Folder, outputs: readonly (readonly [string, NodeOutput])[]): readonly FoundRpm[] {
  const chosen = new Map<string, FoundRpm>();
  const byArch = outputs
    .map(([id, output]) => ({ place: readPlace(id), output }))
    .filter(({ place }) => (place.stream ?? stream) === stream)
    .sort((a, b) => rank(a.place, arches) - rank(b.place, arches));
  for (const { place, output } of byArch) {
    const { package: name, rpms } = output.data as RpmsFact;
    for (const rpm of rpms) {
      if (rpm.arch !== 'noarch' && (rpm.arch !== arch || (place.arch ?? arch) !== arch)) continue;
      const nevra = formatNevra(rpm);
      const other = chosen.get(nevra)?.rpm;
      if (other && other.package !== name) {
        fail({ class: 'build', message: `${nevra} comes from ${other.package} and from ${name}`, next: 'Leave it out of one of them, or give their releases different suffixes.' });
      }
      if (!other) chosen.set(nevra, { rpm: { ...rpm, package: name }, dir: output.dir });
    }
  }
  return [...chosen.values()];
}

function rank({ arch }: PlacedId, arches: readonly Arch[]): number {
  return arch === undefined ? -1 : arches.indexOf(arch);
}

/** A rule of KubeVirt's is named by its RPM's NEVRA alone, so that all streams share it. */
function refuseTwins(found: readonly FoundRpm[]): void {
  const digests = new Map<string, string>();
  for (const { rpm } of found) {
    const nevra = formatNevra(rpm);
    const other = digests.get(nevra);
    if (other !== undefined && other !== rpm.sha256) {
      fail({
        class: 'build',
        message: `${rpm.package}: ${nevra} was built for several base systems, each with bytes of its own, and KubeVirt has one rule for RPMs of one name and version`,
        next: 'Let its release hold %{?dist}, or set a define that differs (build.defines).',
      });
    }
    digests.set(nevra, rpm.sha256);
  }
}

/** Lays RPMs out by their digests and has createrepo_c index them; returns all files of that repository by their place in the generation. */
async function indexed(context: NodeContext, staging: string, path: string, found: readonly FoundRpm[]): Promise<readonly GenerationFile[]> {
  const placed = found.map(({ rpm, dir }) => ({ address: `by-sha256/${rpm.sha256}/${rpm.file}`, source: join(dir, rpm.file) }));
  // There may be no RPM to make it for.
  mkdirSync(staging, { recursive: true });
  for (const { address, source } of placed) await linkOrCopy(source, join(staging, 'in', address));
  const out = join(staging, 'out');
  const { image, arch } = needFact<BaseFact>(context, 'base').here;
  context.report.status(`indexing ${String(placed.length)} RPMs`);
  await withWork(context, { image, arch }, async (work) => {
    if (placed.length > 0) await work.put(packPath(Buffer.from(join(staging, 'in')), 'repo'));
    await mustRun(context, work, { argv: script(INDEX, [`@${String(BUILD_TIME)}`, ...CREATEREPO]), keep: ['repo/repodata'] }, noIndex);
    await extractTar(await work.get('repo/repodata'), out);
  });
  const repodata = join(out, 'repodata');
  const index = readdirSync(repodata).map((name) => ({ path: `${path}/repodata/${name}`, source: join(repodata, name) }));
  return [...placed.map(({ address, source }) => ({ path: `${path}/${address}`, source })), ...index];
}

/** One container for all. Arguments: a moment, then what runs. The index notes each file's time; one moment for all keeps equal repositories equal. */
const INDEX = `
set -eu
mkdir -p repo
find repo -exec touch --date="$1" {} +
shift
exec "$@"
`;

/** gzip and sha256, because KubeVirt's bazeldnf reads nothing newer; createrepo_c itself would choose zstd from 1.0 on. */
const CREATEREPO = [
  'createrepo_c',
  '--general-compress-type=gz',
  '--checksum=sha256',
  '--no-database',
  `--revision=${String(BUILD_TIME)}`,
  '--set-timestamp-to-revision',
  'repo',
];

function noIndex(seen: { telling(): readonly string[] }) {
  return { class: 'build', message: 'createrepo_c failed', next: 'Look at the log.', lines: seen.telling() } as const;
}
