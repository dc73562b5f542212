/** What KubeVirt's two files look like with any number of rules. */
export interface BazelTree {
  readonly workspace: string;
  /** `rpm/BUILD.bazel` */
  readonly build: string;
}

const TREES = ['testimage', 'libvirt-devel', 'libnbd-devel', 'sandboxroot', 'launcherbase', 'handlerbase', 'passt_tree', 'libguestfs-tools', 'exportserverbase', 'pr-helper', 'sidecar-shim'] as const;
const STREAMS = [9, 10] as const;
const ARCHES = ['x86_64', 'aarch64', 's390x'] as const;

/**
 * Both files with `rules` RPMs, laid out as buildifier leaves them, among the loads, other rules and comments that stand there too. `digest` and `url`
 * say what the rule of the RPM with that number holds.
 */
export function bazelTree(rules: number, { digest = hex, url = (i) => `http://mirror.stream.centos.org/9-stream/BaseOS/x86_64/os/Packages/pkg${i}.rpm` }: { digest?: (i: number) => string; url?: (i: number) => string } = {}): BazelTree {
  const numbers = Array.from({ length: rules }, (_, i) => i);
  const scopes = STREAMS.flatMap((stream) => ARCHES.map((arch) => ({ stream, arch })));
  const of = (scope: number) => numbers.filter((i) => i % scopes.length === scope);
  return {
    workspace: `workspace(\n    name = "kubevirt",\n)\n\nload("@bazel_tools//tools/build_defs/repo:http.bzl", "http_archive", "http_file")\n\n# pinned ) by hand\nhttp_file(\n    name = "x",\n    sha256 = "${hex(1)}",\n    urls = ["http://x/rpm("],\n)\n\n${numbers.map((i) => rpmRule(ruleName(i), digest(i), url(i))).join('\n')}\nload("//:last.bzl", "last")\n\nlast()\n`,
    build: `load("@bazeldnf//bazeldnf:defs.bzl", "rpmtree", "tar2files")\nload("//rpm:centos_stream.bzl", "centos_stream_alias")\n\n${scopes.flatMap(({ stream, arch }, scope) => TREES.map((tree) => treeRule(`${tree}_${arch}_cs${stream}`, of(scope)))).join('\n')}\ncentos_stream_alias("launcherbase_x86_64")\n`,
  };
}

/** Name of the `rpm()` rule of the RPM with that number. */
export function ruleName(i: number): string {
  return `pkg${i}-${i % 3}__1.${i}__tilde__rc${i % 7}-1.el9.${ARCHES[i % 3] ?? ''}`;
}

function rpmRule(name: string, sha256: string, url: string): string {
  return `rpm(\n    name = "${name}",\n    sha256 = "${sha256}",\n    urls = [\n        "${url}",\n        "https://storage.googleapis.com/builddeps/${sha256}",\n    ],\n)\n`;
}

function treeRule(name: string, rpms: readonly number[]): string {
  return `rpmtree(\n    name = "${name}",\n    rpms = [\n${rpms.map((i) => `        "@${ruleName(i)}//rpm",\n`).join('')}    ],\n    visibility = ["//visibility:public"],\n)\n`;
}

function hex(i: number): string {
  return i.toString(16).padStart(64, '0');
}
