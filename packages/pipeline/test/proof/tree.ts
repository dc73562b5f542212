import { createHash } from 'node:crypto';
import type { Arch } from '@crpm/core';
import { formatNevra, parseNevra, ruleNameOf, sourceName } from '@crpm/rpm';
import type { BazelFiles, CustomRpm, Evidence } from '../../src/proof/index.js';

/** tree → NEVRAs, `libvirt-libs-0:1-1.el9.x86_64`. */
export type Trees = Readonly<Record<string, readonly string[]>>;

export const HEAD = 'workspace(name = "kv")\n\nload(":deps.bzl", "rpm")\n';
export const BUILD_HEAD = 'load("@bazeldnf//:defs.bzl", "rpmtree", "tar2files")\n';

/** Digest of the RPM of a NEVRA in these tests. */
export function digestOf(nevra: string): string {
  return createHash('sha256').update(nevra).digest('hex');
}

/** WORKSPACE and rpm/BUILD.bazel with these trees; the address of an RPM is that of the custom repository if `custom` has it. */
export function files(trees: Trees, custom: readonly CustomRpm[] = [], tar2files: Trees = {}): BazelFiles {
  const urls = new Map(custom.map((rpm) => [rpm.sha256, rpm.url]));
  const rule = (nevra: string) =>
    `\nrpm(\n    name = "${ruleName(nevra)}",\n    sha256 = "${digestOf(nevra)}",\n    urls = [\n        "${urls.get(digestOf(nevra)) ?? `http://mirror/${nevra}.rpm`}",\n    ],\n)\n`;
  const tree = ([name, nevras]: readonly [string, readonly string[]]) =>
    `\nrpmtree(\n    name = "${name}",\n    rpms = [\n${nevras.map((nevra) => `        "@${ruleName(nevra)}//rpm",\n`).join('')}    ],\n)\n`;
  const libs = ([name, paths]: readonly [string, readonly string[]]) => `\ntar2files(\n    name = "${name}",\n    files = {"/usr/lib64": ${JSON.stringify(paths)}},\n)\n`;
  return {
    workspace: HEAD + [...new Set(Object.values(trees).flat())].sort().map(rule).join(''),
    build: BUILD_HEAD + Object.entries(trees).map(tree).join('') + Object.entries(tar2files).map(libs).join(''),
  };
}

/** An RPM of ours with the digest that {@link files} gives it. */
export function built(nevra: string, sourcerpm: string, forArch: Arch = 'x86_64', forStream = 9): CustomRpm {
  const parsed = parse(nevra);
  const sha256 = digestOf(nevra);
  const file = `${nevra.replace(/-\d+:/, '-')}.rpm`;
  return { ...parsed, file, sourcerpm, sha256, size: 1, package: sourceName(sourcerpm) ?? '', forArch, forStream, url: `http://127.0.0.1:1/centos-stream-${forStream}/${forArch}/by-sha256/${sha256}/${file}` };
}

/** Evidence in which nothing is wrong but what the test puts in. */
export function evidence(custom: readonly CustomRpm[], before: BazelFiles, after: BazelFiles, rest: Partial<Evidence> = {}): Evidence {
  return {
    streams: [9],
    arches: ['x86_64'],
    before,
    after,
    custom,
    pinned: {},
    official: [],
    allowOfficial: [],
    answers: new Map(custom.map((rpm) => [rpm.url, { sha256: rpm.sha256 }])),
    resolver: { name: 'bazeldnf', standIn: false },
    ...rest,
  };
}

function ruleName(nevra: string): string {
  return ruleNameOf(parse(nevra));
}

function parse(nevra: string) {
  const parsed = parseNevra(nevra);
  if (!parsed || formatNevra(parsed) !== nevra) throw new Error(`no NEVRA: ${nevra}`);
  return parsed;
}
