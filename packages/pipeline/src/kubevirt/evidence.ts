import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type InputContext } from '@crpm/core';
import type { VerifyParams } from '../params.js';
import { addressesToAsk, prove, scopeName, touchedByCall, type Evidence, type Proof, type Resolver } from '../proof/index.js';
import { fetchDigest } from '../serve/fetch.js';
import type { Env } from '../serve/cri.js';
import { volumeDigests } from '../serve/volume.js';
import type { CustomRepository } from './custom-rpms.js';
import { readPins } from './pins.js';
import type { Yielded } from './yielded-files.js';

/** RPMs asked for at the same time. */
const PARALLEL = 4;

export interface Case {
  /** What the tree says without crpm, see `comparisonBase`. */
  readonly before: Yielded;
  readonly after: Yielded;
  readonly repositories: readonly CustomRepository[];
  readonly resolver: Resolver;
}

/** Judges one state of both files: gathers what the judge wants to know, the bytes behind every custom address included. */
export async function judge(params: VerifyParams, { before, after, repositories, resolver }: Case, context: Pick<InputContext, 'workspace' | 'signal'>, env: Env): Promise<Proof> {
  const question = questionOf(params, { before, after, repositories, resolver });
  return prove({ ...question, answers: await askAll(addressesToAsk(question), context, env) });
}

/** Fails with class `proof` where one call of KubeVirt's script changed what is of other streams and architectures. */
export function judgeCall(params: VerifyParams, of: Case, { stream, arch }: CustomRepository): void {
  const [first, ...others] = touchedByCall({ ...questionOf(params, of), streams: [stream], arches: [arch] });
  if (!first) return;
  fail({
    class: 'proof',
    message: `rpm-deps for ${arch} of CentOS Stream ${stream} changed what is not its own: ${first.message}`,
    next: first.next,
    lines: [first, ...others].map(({ message }) => message),
  });
}

function questionOf(params: VerifyParams, { before, after, repositories, resolver }: Case): Omit<Evidence, 'answers'> {
  const script = readScript(params.kubevirt);
  return {
    ...runOf(params),
    script,
    before: { workspace: before.WORKSPACE, build: before['rpm/BUILD.bazel'] },
    after: { workspace: after.WORKSPACE, build: after['rpm/BUILD.bazel'] },
    custom: repositories.flatMap((repository) => repository.rpms),
    pinned: Object.fromEntries(repositories.map((repository) => [scopeName(repository), pinnedHere(params, script, repository)])),
    official: [],
    allowOfficial: params.allowOfficial,
    resolver: { name: resolver.name, standIn: resolver.standIn },
  };
}

/** What a run makes, as the judge calls it. */
export function runOf({ streams, arches }: Pick<VerifyParams, 'streams' | 'arches'>): Pick<Evidence, 'streams' | 'arches'> {
  return { streams: streams.map(({ stream }) => stream), arches };
}

/** Text of the script that decides which trees there are. Fails with class `usage` if the tree has none. */
export function readScript(kubevirtDir: string): string {
  return readScriptIfThere(kubevirtDir) ?? fail({ class: 'usage', message: `${kubevirtDir} has no hack/rpm-deps.sh`, next: 'Point kubevirt.dir at a KubeVirt tree.' });
}

/** The same, or nothing: for whoever only looks ahead. */
export function readScriptIfThere(kubevirtDir: string): string | undefined {
  try {
    return readFileSync(join(kubevirtDir, 'hack', 'rpm-deps.sh'), 'utf8');
  } catch {
    return undefined;
  }
}

/** RPM names that the script asks for by version, of packages that are in this repository. */
function pinnedHere({ packages }: VerifyParams, script: string, { arch, stream, rpms }: CustomRepository): string[] {
  const built = new Set(rpms.map((rpm) => rpm.package));
  return packages.filter((pkg) => built.has(pkg.name)).flatMap((pkg) => readPins(script, pkg, { arch, stream }).names);
}

async function askAll(urls: readonly string[], { workspace, signal }: Pick<InputContext, 'workspace' | 'signal'>, env: Env): Promise<Evidence['answers']> {
  const answers = new Map<string, { sha256: string } | { error: string }>();
  // Addresses in the builder's volume can only be asked for there.
  const inVolume = urls.filter((url) => url.startsWith('file:'));
  if (inVolume.length > 0) {
    for (const [url, digest] of await volumeDigests(workspace, inVolume, env, signal)) answers.set(url, typeof digest === 'string' ? { sha256: digest } : { error: digest.message });
  }
  const waiting = [...new Set(urls)].filter((url) => !answers.has(url));
  const worker = async () => {
    for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
      try {
        answers.set(url, { sha256: await fetchDigest(url, signal) });
      } catch (error) {
        signal.throwIfAborted();
        answers.set(url, { error: (error as Error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return answers;
}
