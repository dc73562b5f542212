import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Arch, WorkspacePaths } from '@crpm/core';
import { publishGeneration } from '@crpm/state';
import { mustReadAsRpmDoes } from '../../../../../test/support/rpm-query.js';
import type { PublishedRepo, RpmFact } from '../../../src/facts.js';
import { temporaryFolder } from '../../serve/support/temporary.js';

/** One subpackage of a source package; `requires` are spec lines' values, `%{exact}` stands for the source package's own EVR. */
export interface Subpackage {
  readonly name: string;
  readonly noarch?: boolean;
  readonly requires?: readonly string[];
}

export interface SourcePackage {
  /** As the config calls it. */
  readonly package: string;
  /** Name of the source RPM. */
  readonly source: string;
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
  readonly subpackages: readonly Subpackage[];
  /** Default: x86_64. */
  readonly arch?: Arch;
  /** Makes bytes differ. */
  readonly salt?: string;
}

export const LIBVIRT: SourcePackage = {
  package: 'libvirt', source: 'libvirt', epoch: 0, version: '12.1.0', release: '1.el9.crpm0001',
  subpackages: [{ name: 'libvirt-libs' }, ...['libvirt-client', 'libvirt-devel', 'libvirt-daemon-driver-qemu'].map((name) => ({ name, requires: ['libvirt-libs = %{exact}'] }))],
};
export const QEMU: SourcePackage = {
  package: 'qemu', source: 'qemu-kvm', epoch: 17, version: '10.1.0', release: '20.el9.crpm0001',
  subpackages: [{ name: 'qemu-img' }, { name: 'qemu-kvm-core', requires: ['qemu-img = %{exact}'] }, { name: 'qemu-pr-helper' }],
};

export type BuiltRpm = RpmFact & { readonly package: string; readonly path: string };

/** Builds the package with rpmbuild; the RPMs hold one small file each, and crpm and rpm must agree on what they read in them. */
export function buildRpms({ package: name, source, epoch, version, release, subpackages, arch = 'x86_64', salt = '' }: SourcePackage): readonly BuiltRpm[] {
  const top = temporaryFolder('rpmbuild');
  const spec = [
    `Name: ${source}`, `Epoch: ${epoch}`, `Version: ${version}`, `Release: ${release}`, 'Summary: s', 'License: x', 'AutoReqProv: no',
    '%define exact %{epoch}:%{version}-%{release}', '%description', 'd',
    ...subpackages.flatMap((sub) => [`%package -n ${sub.name}`, 'Summary: s', ...(sub.noarch ? ['BuildArch: noarch'] : []), ...(sub.requires ?? []).map((text) => `Requires: ${text}`), `%description -n ${sub.name}`, 'd', `%files -n ${sub.name}`, `/usr/share/${sub.name}`]),
    '%install', 'mkdir -p %{buildroot}/usr/share', ...subpackages.map((sub) => `echo '${sub.name} ${salt}' > %{buildroot}/usr/share/${sub.name}`),
  ].join('\n');
  mkdirSync(join(top, 'SPECS'));
  writeFileSync(join(top, 'SPECS', 'x.spec'), `${spec}\n`);
  execFileSync('rpmbuild', ['-bb', '--quiet', '--target', arch, '--define', `_topdir ${top}`, '--define', 'debug_package %{nil}', '--define', '_binary_payload w1.gzdio', join(top, 'SPECS', 'x.spec')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const folders = readdirSync(join(top, 'RPMS')).map((built) => ({ built, folder: join(top, 'RPMS', built) }));
  mustReadAsRpmDoes(folders.flatMap(({ folder }) => readdirSync(folder).map((file) => join(folder, file))));
  return folders.flatMap(({ built, folder }) => readdirSync(folder).map((file) => {
    const bytes = readFileSync(join(folder, file));
    const sub = subpackages.find((candidate) => file.startsWith(`${candidate.name}-${version}-`));
    if (!sub) throw new Error(`unexpected ${file}`);
    return {
      file, name: sub.name, epoch, version, release, arch: built, sourcerpm: `${source}-${version}-${release}.src.rpm`,
      sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, package: name, path: join(folder, file),
    };
  }));
}

/** A folder of the generation. */
export interface RepoFolder {
  readonly basesystem: string;
  readonly arch: Arch;
  readonly rpms: readonly BuiltRpm[];
}

/** Indexes RPMs with createrepo_c as `createrepo` does, and publishes them as a generation of one folder. */
export function publishRpms(workspace: WorkspacePaths, rpms: readonly BuiltRpm[]): Promise<readonly PublishedRepo[]> {
  return publishFolders(workspace, [{ basesystem: 'centos-stream-9', arch: 'x86_64', rpms }]);
}

/** The same for each stream and architecture. */
export async function publishFolders(workspace: WorkspacePaths, folders: readonly RepoFolder[]): Promise<readonly PublishedRepo[]> {
  const staged = folders.map((folder) => ({ ...folder, path: `${folder.basesystem}/${folder.arch}`, dir: stage(folder.rpms) }));
  await publishGeneration(join(workspace.state, 'repo'), staged.flatMap(({ path, dir, rpms }) => [
    ...readdirSync(join(dir, 'repodata')).map((file) => ({ path: `${path}/repodata/${file}`, source: join(dir, 'repodata', file) })),
    ...rpms.map((rpm) => ({ path: `${path}/by-sha256/${rpm.sha256}/${rpm.file}`, source: join(dir, 'by-sha256', rpm.sha256, rpm.file) })),
  ]));
  return staged.map(({ basesystem, arch, path, rpms }) => ({ basesystem, arch, path, rpms: rpms.map(({ path: _, ...fact }) => fact), stale: {} }));
}

function stage(rpms: readonly BuiltRpm[]): string {
  const staged = temporaryFolder('repo');
  for (const rpm of rpms) {
    mkdirSync(join(staged, 'by-sha256', rpm.sha256), { recursive: true });
    writeFileSync(join(staged, 'by-sha256', rpm.sha256, rpm.file), readFileSync(rpm.path));
  }
  execFileSync('createrepo_c', ['--quiet', '--general-compress-type', 'gz', '--checksum', 'sha256', '--no-database', staged], { stdio: ['ignore', 'ignore', 'pipe'] });
  return staged;
}
