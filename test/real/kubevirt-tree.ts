import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readRpmHeader } from '@crpm/rpm';
import { execa } from 'execa';
import { buildRpms } from '../support/rpms.js';

/**
 * A tree in the manner of KubeVirt's whose `hack/rpm-deps.sh` calls the real bazeldnf, which must be on PATH: three trees of RPMs, one pinned by each
 * of two variables, qemu-pr-helper unpinned.
 */
export function writeKubevirtTree(dir: string, officialRepository: string): void {
  const files: Readonly<Record<string, string>> = {
    WORKSPACE: 'workspace(name = "kubevirt")\n\nload("@bazeldnf//bazeldnf:deps.bzl", "rpm")\n',
    'rpm/BUILD.bazel': 'load("@bazeldnf//bazeldnf:defs.bzl", "rpmtree")\n',
    'rpm/repo.yaml': `repositories:\n  - arch: x86_64\n    baseurl: file://${officialRepository}/\n    name: official-x86_64\n`,
    Makefile: 'rpm-deps:\n\t./hack/rpm-deps.sh\n',
    'hack/rpm-deps.sh': SCRIPT,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  chmodSync(join(dir, 'hack/rpm-deps.sh'), 0o755);
}

const SCRIPT = `#!/usr/bin/env bash
set -e -o pipefail
cd "$(dirname "$0")/.."
stream=\${KUBEVIRT_CENTOS_STREAM_VERSION:-9}
arch=\${SINGLE_ARCH:-x86_64}
QEMU_VERSION=\${QEMU_VERSION:-17:7.2.0-14.el9}
LIBVIRT_DBUS_VERSION=\${LIBVIRT_DBUS_VERSION:-0:1.4.1-1.el9}

launcherbase="
  libvirt-dbus-\${LIBVIRT_DBUS_VERSION}
  qemu-img-\${QEMU_VERSION}
"

handlerbase="
  qemu-img-\${QEMU_VERSION}
"

pr_helper="
  qemu-pr-helper
"

repos="--repofile rpm/repo.yaml"
if [ "$CUSTOM_REPO" ]; then
    repos="--repofile $CUSTOM_REPO $repos"
fi

rpmtree() {
    local name=$1
    shift
    bazeldnf rpmtree --public --nobest --name "\${name}_\${arch}_cs\${stream}" --arch "$arch" --basesystem "\${BASESYSTEM:-centos-stream-release}" $repos "$@"
}

bazeldnf fetch $repos
rpmtree launcherbase $launcherbase
rpmtree handlerbase $handlerbase
rpmtree pr-helper $pr_helper
bazeldnf prune
`;

/**
 * What the distribution offers: older builds of the same RPMs, and one RPM that provides whatever the built ones (`ours`, files) require. Made from
 * their headers, because the names of libraries differ from machine to machine.
 */
export async function publishOfficial(repository: string, work: string, ours: readonly string[]): Promise<void> {
  const official = [
    { source: 'libvirt-dbus', version: '1.4.1', release: '1.el9', rpms: [{ name: 'libvirt-dbus' }] },
    { source: 'qemu-kvm', epoch: 17, version: '7.2.0', release: '14.el9', rpms: [{ name: 'qemu-img' }, { name: 'qemu-pr-helper' }] },
    { source: 'base', version: '9.0', release: '1.el9', rpms: [{ name: 'centos-stream-release' }, { name: 'base-libraries', provides: requirementsOf(ours) }] },
  ];
  mkdirSync(repository, { recursive: true });
  for (const spec of official) {
    const built = await buildRpms(join(work, spec.source), spec);
    await execa('cp', [...built.filter((file) => !file.endsWith('.src.rpm')), repository]);
  }
  await execa('createrepo_c', ['--general-compress-type=gz', '--checksum=sha256', repository]);
}

/** `Provides` that satisfy all that these RPMs require and do not provide themselves. */
function requirementsOf(files: readonly string[]): readonly string[] {
  const headers = files.map((file) => readRpmHeader(file));
  const own = new Set(headers.flatMap((header) => header.provides.map(({ name }) => name)));
  const wanted = new Map<string, string>();
  for (const { name, evr } of headers.flatMap((header) => header.requires)) {
    if (own.has(name) || name.startsWith('rpmlib(')) continue;
    const version = evr?.version;
    if (!wanted.get(name)) wanted.set(name, version ? `${name} = ${version}` : '');
  }
  return [...wanted].map(([name, provides]) => provides || name).sort();
}
