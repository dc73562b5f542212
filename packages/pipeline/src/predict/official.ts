import { FailureError, type Arch } from '@crpm/core';
import { parseBuild, parseWorkspaceRpms, readPrimary, ruleNameToNevra, sourceName, type PrimaryCache, type RepoPackage } from '@crpm/rpm';
import type { Yielded } from '../kubevirt/yielded-files.js';
import { endsAs } from '../proof/trees.js';
import type { OfficialRpm } from './foresight.js';
import { officialRepos, type OfficialRepo } from './repo-files.js';
import type { ResolverRepo } from './universe.js';

/** What is known of the distribution. */
export interface Official {
  /** In the order of the repo files. */
  readonly repos: readonly (ResolverRepo & { readonly rpms: readonly OfficialRpm[] })[];
  /** Whether that is all the resolver will see. Else it is the names and versions that the tree's own rules have, and nothing of what they require or provide. */
  readonly complete: boolean;
  /** For people: where it is from. */
  readonly from: string;
}

export interface OfficialQuestion {
  /** Absolute folder of the KubeVirt tree. */
  readonly tree: string;
  /** Relative to it. */
  readonly repoFiles: readonly string[];
  readonly stream: number;
  readonly arch: Arch;
  readonly signal: AbortSignal;
  readonly cache: PrimaryCache;
  /** WORKSPACE and rpm/BUILD.bazel of that tree, as they are without crpm. */
  readonly files: () => Yielded;
}

/** How long all repositories of one stream and architecture may take; builds wait for it. */
const PATIENCE_MS = 20_000;

/** Asks for the official metadata once in a run, however many nodes want it. */
export class OfficialLoader {
  readonly #asked = new Map<string, Promise<Official>>();

  load(question: OfficialQuestion): Promise<Official> {
    const { tree, repoFiles, stream, arch } = question;
    const key = JSON.stringify([tree, repoFiles, stream, arch]);
    const known = this.#asked.get(key) ?? load(question);
    this.#asked.set(key, known);
    return known;
  }
}

async function load(question: OfficialQuestion): Promise<Official> {
  const { tree, repoFiles, arch, signal } = question;
  const repos = await officialRepos(tree, repoFiles, arch);
  if (typeof repos === 'string') return fromRules(question, repos);
  try {
    const read = await Promise.all(repos.map((repo) => readRepo(repo, question)));
    return { repos: read, complete: true, from: `the repositories of ${repoFiles.join(', ')}` };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof FailureError)) throw error;
    return fromRules(question, error.failure.message);
  }
}

async function readRepo({ name, baseUrl }: OfficialRepo, { arch, signal, cache }: OfficialQuestion): Promise<Official['repos'][number]> {
  const keep = (rpm: RepoPackage) => rpm.arch === arch || rpm.arch === 'noarch';
  const packages = await readPrimary(baseUrl, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]), keep, cache });
  return { name, rpms: packages.map(resolverRpm) };
}

/** An RPM of a repository's metadata, as the resolver looks at it. */
export function resolverRpm({ name, epoch, version, release, arch, requires, provides, conflicts, files, sourcerpm }: RepoPackage): OfficialRpm {
  const source = sourceName(sourcerpm);
  return { name, epoch, version, release, arch, requires, provides, conflicts, files, ...(source === undefined ? {} : { source }) };
}

/** The members that the trees of this stream and architecture have in the user's files. */
function fromRules({ stream, arch, files }: OfficialQuestion, why: string): Official {
  const from = `the rules of WORKSPACE, which have names and versions only (${why})`;
  try {
    const { WORKSPACE, 'rpm/BUILD.bazel': build } = files();
    const known = new Set(parseWorkspaceRpms(WORKSPACE).map((rule) => rule.name));
    const members = parseBuild(build).trees.filter(({ name }) => endsAs(name, { arch, stream })).flatMap(({ rpms }) => rpms);
    const rpms = [...new Set(members)].filter((name) => known.has(name)).flatMap((name) => ofRule(name) ?? []);
    return { repos: [{ name: 'WORKSPACE', rpms }], complete: false, from };
  } catch {
    // What is wrong with these files, rpm-deps tells.
    return { repos: [], complete: false, from };
  }
}

function ofRule(rule: string): OfficialRpm | undefined {
  const nevra = ruleNameToNevra(rule);
  return nevra && { ...nevra, requires: [], provides: [{ name: nevra.name, op: '=', evr: nevra }] };
}
