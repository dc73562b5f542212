import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Arch } from '@crpm/core';
import { parseEvr, ruleNameOf, type Relation } from '@crpm/rpm';
import { writeRepodata } from '../../../packages/pipeline/test/predict/repodata.js';
import { ARCHES, isOn, PINNED, PLAIN, PLAIN_EVR, STREAMS, type DistributionRpm, type Stream } from './distribution.js';
import { rpmDepsScript, treesOn } from './script.js';

/** An RPM as the distribution offers it to one architecture. */
interface Offered {
  readonly rpm: DistributionRpm;
  readonly evr: string;
  readonly arch: string;
}

/**
 * A tree in the shape of KubeVirt's: two streams, three architectures, all image trees with the distribution's RPMs in them, one that no script makes any more, and
 * a `hack/rpm-deps.sh` that asks real bazeldnf. The distribution is metadata alone, in `mirror`: nobody fetches an RPM of it.
 * `bin` gets the `bazel` that the script calls; it goes first on PATH.
 */
export function writeKubevirtTree({ dir, mirror, bin, bazeldnf }: { readonly dir: string; readonly mirror: string; readonly bin: string; readonly bazeldnf: string }): void {
  for (const stream of STREAMS) for (const arch of ARCHES) writeRepodata(repository(mirror, stream, arch), offered(stream, arch).map(resolverRpm));
  const files: Readonly<Record<string, string>> = {
    WORKSPACE: workspaceText(mirror),
    'rpm/BUILD.bazel': buildText(),
    'hack/rpm-deps.sh': rpmDepsScript(),
    'hack/common.sh': 'ARCHITECTURE="${ARCHITECTURE:-$(uname -m)}"\n',
    Makefile: 'rpm-deps:\n\t./hack/rpm-deps.sh\n\t$(MAKE) generate\n\ngenerate:\n\techo generated > api/generated.txt\n',
    'api/generated.txt': 'as it was\n',
    ...Object.fromEntries(STREAMS.map((stream) => [`rpm/repo-cs${stream}.yaml`, `repositories:\n${ARCHES.map((arch) => `- arch: ${arch}\n  baseurl: file://${repository(mirror, stream, arch)}/\n  name: centos/stream${stream}-appstream-${arch}\n`).join('')}`])),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  chmodSync(join(dir, 'hack/rpm-deps.sh'), 0o755);
  mkdirSync(bin, { recursive: true });
  symlinkSync(bazeldnf, join(bin, 'bazeldnf'));
  writeFileSync(join(bin, 'bazel'), '#!/bin/sh\n# Of bazel, only what leads to bazeldnf.\nwhile [ "$1" != "--" ]; do shift; done\nshift\nexec bazeldnf "$@"\n', { mode: 0o755 });
}

function repository(mirror: string, stream: Stream, arch: Arch): string {
  return join(mirror, `${stream}-stream`, arch);
}

function offered(stream: Stream, arch: Arch): readonly Offered[] {
  const here = (rpms: readonly DistributionRpm[], evr: string) => rpms.filter((rpm) => isOn(rpm, arch)).map((rpm) => ({ rpm, evr, arch: rpm.noarch ? 'noarch' : arch }));
  return [...here(PLAIN, PLAIN_EVR[stream]), ...PINNED.flatMap(({ rpms, evr }) => here(rpms, evr[stream]))];
}

function resolverRpm({ rpm, evr, arch }: Offered): Parameters<typeof writeRepodata>[1][number] {
  const parsed = parseEvr(evr)!; // of the distribution's own tables
  const exactly = (name: string): Relation => ({ name, op: '=', evr: parsed });
  return { name: rpm.name, ...parsed, arch, requires: [...(rpm.requires ?? []).map((name) => ({ name })), ...(rpm.exact ?? []).map(exactly)], provides: [exactly(rpm.name)] };
}

/** What a tree comes to hold: what it asks for, and what that needs. Every name is there once, so there is nothing to choose. */
function members(stream: Stream, arch: Arch, asks: readonly string[]): readonly Offered[] {
  const byName = new Map(offered(stream, arch).map((one) => [one.rpm.name, one]));
  const found = new Map<string, Offered>();
  const waiting = ['centos-stream-release', ...asks.map((word) => word.replace(/-\$\{.*$/, ''))];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const one = byName.get(name);
    if (found.has(name) || !one) continue;
    found.set(name, one);
    waiting.push(...(one.rpm.requires ?? []), ...(one.rpm.exact ?? []));
  }
  return [...found.values()].sort((a, b) => (a.rpm.name < b.rpm.name ? -1 : 1));
}

/** By the architecture that was asked for, that of a noarch RPM too. */
function ruleName({ rpm, evr }: Offered, arch: Arch): string {
  return ruleNameOf({ name: rpm.name, ...parseEvr(evr)!, arch }); // as above
}

function workspaceText(mirror: string): string {
  const rules = new Map<string, string>();
  for (const stream of STREAMS) {
    for (const arch of ARCHES) {
      for (const one of treesOn(arch).flatMap(({ asks }) => members(stream, arch, asks))) {
        const { version, release } = parseEvr(one.evr)!; // as above
        const file = `${one.rpm.name}-${version}-${release}.${one.arch}.rpm`;
        rules.set(ruleName(one, arch), rpmText(ruleName(one, arch), createHash('sha256').update(file).digest('hex'), `file://${repository(mirror, stream, arch)}/${encodeURIComponent(file)}`));
      }
    }
  }
  const leftover = rpmText(LEFTOVER, '1'.repeat(64), 'http://mirror.example.com/libguestfs-1.48.0-1.el9.x86_64.rpm');
  return `workspace(name = "kubevirt")\n\nload("@bazeldnf//bazeldnf:deps.bzl", "rpm")\n\n${[...rules, [LEFTOVER, leftover] as const].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text).join('\n')}`;
}

const LEFTOVER = 'libguestfs-1__1.48.0-1.el9.x86_64';

function rpmText(name: string, sha256: string, url: string): string {
  return `rpm(\n    name = "${name}",\n    sha256 = "${sha256}",\n    urls = ["${url}"],\n)\n`;
}

function buildText(): string {
  const trees = STREAMS.flatMap((stream) =>
    ARCHES.flatMap((arch) => treesOn(arch).map(({ name, asks }) => treeText(`${name}_${arch}_cs${stream}`, members(stream, arch, asks).map((one) => ruleName(one, arch))))),
  );
  return `load("@bazeldnf//bazeldnf:defs.bzl", "rpmtree", "tar2files")\nload("//rpm:centos_stream.bzl", "centos_stream_alias")\n\n${[...trees, treeText('libguestfs-tools_cs9', [LEFTOVER])].join('\n')}
tar2files(
    name = "libvirt-libs_x86_64_cs9",
    files = {"/usr/lib64": ["libvirt.so.0"]},
    tar = ":libvirt-devel_x86_64_cs9",
    visibility = ["//visibility:public"],
)

centos_stream_alias("launcherbase_x86_64")
`;
}

function treeText(name: string, rules: readonly string[]): string {
  return `rpmtree(\n    name = "${name}",\n    rpms = [\n${rules.map((rule) => `        "@${rule}//rpm",\n`).join('')}    ],\n    visibility = ["//visibility:public"],\n)\n`;
}
