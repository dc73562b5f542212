import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { outsideBuildRules, outsideRpmRules, parseEvr, parseWorkspaceRpms } from '@crpm/rpm';
import type { CustomRpm, Evidence, OfficialRpm } from '../../src/proof/index.js';

/** One experiment with real bazeldnf; see README.md beside the files. */
interface GoldenCase {
  readonly case: string;
  readonly repos: readonly { readonly name: string; readonly packages: readonly { readonly name: string; readonly evr: string; readonly arch?: string; readonly requires?: readonly string[]; readonly provides?: readonly string[] }[] }[];
  readonly requested: readonly string[];
  readonly results: readonly { readonly versions: readonly string[]; readonly fetchExit: number; readonly exit: number; readonly error?: readonly string[]; readonly workspace: string; readonly build: string }[];
}

const folder = fileURLToPath(new URL('../../../../test/fixtures/golden/bazeldnf/', import.meta.url));

export const goldenCases: readonly GoldenCase[] = readdirSync(folder).sort().map((file) => JSON.parse(readFileSync(folder + file, 'utf8')) as GoldenCase);

/** Where the custom repository of the experiments stood. */
const BASES: Readonly<Record<string, string>> = { 'server-moved': 'http://NEW/custom/', mirrors: 'http://a.example/x/', 'file-url': 'file://TMP/www/custom/' };

/** The evidence of an experiment as one version of bazeldnf left it: the answers are right, the files before held no rule. */
export function evidenceOf(name: string, version: string): Evidence {
  const golden = goldenCases.find((one) => one.case === name);
  const result = golden?.results.find((one) => one.versions.some((text) => text.startsWith(version)));
  if (!golden || !result) throw new Error(`no experiment ${name} with ${version}`);
  const custom = customOf(golden);
  const pinned = golden.requested.flatMap((request) => custom.filter((rpm) => request.startsWith(`${rpm.name}-${rpm.epoch}:`)).map((rpm) => rpm.name));
  return {
    streams: [9],
    arches: ['x86_64'],
    trees: ['t_x86_64'],
    before: { workspace: outsideRpmRules(result.workspace), build: outsideBuildRules(result.build) },
    after: result,
    custom,
    pinned: { x86_64_cs9: pinned },
    official: (golden.repos[1]?.packages ?? []).map(({ name: rpm, evr }): OfficialRpm => ({ name: rpm, evr, sourcerpm: sourceOf(rpm, evr) })),
    allowOfficial: [],
    answers: new Map(custom.map((rpm) => [rpm.url, { sha256: rpm.sha256 }])),
    resolver: { name: `bazeldnf ${version}`, standIn: false },
  };
}

/** The RPMs of the custom repository. Their digests stand in the rules that took them; one never taken gets a digest of its own. */
function customOf(golden: GoldenCase): readonly CustomRpm[] {
  const digests = new Map(
    golden.results
      .flatMap((result) => parseWorkspaceRpms(result.workspace))
      .filter((rule) => rule.urls.some((url) => !url.includes('/official/')))
      .map((rule) => [decodeURIComponent(rule.urls[0]?.replace(/.*\//, '') ?? ''), rule.sha256]),
  );
  return (golden.repos[0]?.packages ?? []).map(({ name, evr, arch = 'x86_64' }) => {
    const parsed = parseEvr(evr);
    if (!parsed) throw new Error(`no EVR: ${evr}`);
    const file = `${name}-${parsed.version}-${parsed.release}.${arch}.rpm`;
    const sha256 = digests.get(file) ?? createHash('sha256').update(`custom ${file}`).digest('hex');
    const url = `${BASES[golden.case] ?? 'http://BASE/custom/'}${file}`;
    return { file, name, ...parsed, arch, sourcerpm: sourceOf(name, evr), sha256, size: 1, package: sourceOf(name, evr).replace(/-.*/, ''), forArch: 'x86_64', forStream: 9, url };
  });
}

function sourceOf(name: string, evr: string): string {
  const source = name.startsWith('libvirt') ? 'libvirt' : name.startsWith('qemu') ? 'qemu-kvm' : name;
  return `${source}-${evr.replace(/^\d+:/, '')}.src.rpm`;
}

