import type { PackageKind } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { Source } from '../generated/config-file.js';
import { treeKeys } from './upstream.js';

/** What crpm builds, or takes as it is. */
export type BuiltKind = Exclude<PackageKind, 'published'>;

/** Fields that must be there for a kind, and those that contradict it. */
export function checkFields(name: string, source: Source, kind: BuiltKind, complaints: Complaints): void {
  switch (kind) {
    case 'prebuilt':
      checkPrebuilt(name, source, complaints);
      break;
    case 'srpm':
      checkSourceRpm(name, source, complaints);
      break;
    case 'rpmbuild-ta':
      checkTarball(name, source, complaints);
      break;
    case 'rpmbuild':
    case 'meson-dist':
    case 'autotools-dist':
      checkTree(name, source, kind, complaints);
      break;
  }
  if (kind !== 'prebuilt' && source.rpms !== undefined) {
    complaints.error(['sources', name, 'rpms'], `${name} has both rpms and ${treeKeys(source)[0] ?? `kind: ${kind}`}; give the source tree or the RPMs`, { part: 'key' });
  }
}

function checkPrebuilt(name: string, source: Source, complaints: Complaints): void {
  const at = ['sources', name];
  if (source.rpms === undefined) complaints.error(at, `${name} is prebuilt and lacks rpms: the folder, the files or the addresses of its RPMs`, { part: 'key' });
  for (const key of ['dir', 'git', 'ref', 'tarball', 'srpm', 'sha256', 'spec', 'patches', 'needs', 'arch', 'build'] as const) {
    if (source[key] !== undefined) complaints.error([...at, key], `${name} is prebuilt, so ${key} has no use; remove it`, { part: 'key' });
  }
}

function checkSourceRpm(name: string, source: Source, complaints: Complaints): void {
  const at = ['sources', name];
  const [other] = treeKeys(source);
  if (source.srpm === undefined && other !== undefined) complaints.error([...at, other], `${name} is srpm, so ${other} has no use; name the source RPM under srpm, or remove kind`, { part: 'key' });
  else if (source.srpm === undefined) complaints.error(at, `${name} is srpm and lacks srpm, the source RPM to rebuild: a path or an http(s) address`, { part: 'key' });
  if (source.spec !== undefined) complaints.error([...at, 'spec'], `${name} is a source RPM, which brings its spec along; remove spec`, { part: 'key' });
}

function checkTarball(name: string, source: Source, complaints: Complaints): void {
  const at = ['sources', name];
  const [other] = treeKeys(source);
  if (source.tarball === undefined && other !== undefined) {
    const next = other === 'srpm' ? 'remove kind to rebuild the source RPM' : 'for a tree set kind: rpmbuild, and spec: { tree: … } for a spec inside it';
    complaints.error([...at, other], `${name} is rpmbuild-ta, which builds a tarball, not ${other}; ${next}`, { part: 'key' });
  } else if (source.tarball === undefined) complaints.error(at, `${name} is rpmbuild-ta and lacks tarball, an archive with its spec inside: a path or an http(s) address`, { part: 'key' });
  if (source.spec !== undefined && (typeof source.spec !== 'object' || source.spec.tree === undefined)) {
    complaints.error([...at, 'spec'], `${name} is rpmbuild-ta, so its spec is inside the tarball; remove spec, or name it with spec: { tree: … }`, { part: 'key' });
  }
}

function checkTree(name: string, source: Source, kind: BuiltKind, complaints: Complaints): void {
  const at = ['sources', name];
  if (source.srpm !== undefined && source.kind !== undefined) {
    complaints.error([...at, 'kind'], `${name} is ${kind}, but srpm is rebuilt as it is: remove kind, or name a tree (dir, git or tarball) in place of srpm`, { part: 'key' });
  }
  if (kind === 'autotools-dist' && typeof source.spec === 'object' && source.spec.tree?.endsWith('.in')) {
    complaints.error([...at, 'spec', 'tree'], `${name} is autotools-dist, and ${source.spec.tree} is a template, which only meson-dist fills in; name a spec that is one already, or a dist-git folder`);
  }
  if (treeKeys(source).length > 0 || source.rpms !== undefined) return;
  complaints.error(at, `${name} has neither a source to build (dir, git, tarball or srpm) nor rpms, RPMs already at hand`, { part: 'key' });
}
