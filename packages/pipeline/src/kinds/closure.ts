import { fail, type NodeContext, type NodeKind } from '@crpm/core';

import { askDnf } from '../closure/ask-dnf.js';
import { unusable } from '../closure/repositories.js';
import type { UnmetRequirement } from '../closure/unmet.js';
import type { BaseFact } from '../facts.js';
import { readScriptIfThere } from '../kubevirt/evidence.js';
import { ownRpms, shapeOfRepository } from '../kubevirt/own-repository.js';
import { CUSTOM_REPO } from '../kubevirt/repo-file.js';
import { needFact, stepOf } from '../needs.js';
import type { ClosureParams } from '../params.js';
import { askedFor } from '../predict/asked.js';
import { outlookInputs } from '../predict/outlook.js';
import { nameOf } from '../predict/pins.js';
import { officialRepos, repoFilesOf } from '../predict/repo-files.js';
import { reached } from '../predict/within-own.js';
import { KUBEVIRT_CONFIG_PATHS } from './config-paths.js';

/** kind `closure` */
export type ClosureFact = {
  /** Why nobody was asked; absent where all was answered. */
  readonly unasked?: string;
  /** Whether a server that did not answer is why, and when that was, ISO 8601. */
  readonly unreachable?: string;
  /** Of RPMs that no tree leads to: nobody will miss it. */
  readonly unmet: readonly UnmetRequirement[];
};

/** Servers that did not answer are asked again after this long; not each time, for one that is never there would make every run wait. */
const ASK_AGAIN_MS = 600_000;

/** Whether all that our RPMs require is to be had where KubeVirt's resolver looks, by the build root's own dnf. */
export function closureKind(): NodeKind<ClosureParams> {
  return {
    name: 'closure',
    version: 1,
    weight: 'light',
    configPaths: KUBEVIRT_CONFIG_PATHS,
    inputs: async (params) => outlookInputs(params),
    // Bytes don't matter, nor which image dnf is in.
    reads: (params, need, output) => (stepOf(need) === 'createrepo' ? shapeOfRepository(output, { basesystem: params.stream.basesystem, arch: params.arch }) : String((output.data as BaseFact).dnf)),
    run,
    async stale(_params, output) {
      const { unreachable } = output.data as ClosureFact;
      return unreachable !== undefined && Date.now() - Date.parse(unreachable) > ASK_AGAIN_MS ? 'the distribution’s repositories did not answer the last time' : undefined;
    },
  };
}

async function run(params: ClosureParams, context: NodeContext): Promise<ClosureFact> {
  const unasked = (why: string, unreachable = false): ClosureFact => {
    context.report.status(`skipped: ${why}`);
    return { unasked: why, unmet: [], ...(unreachable ? { unreachable: new Date().toISOString() } : {}) };
  };
  const base = needFact<BaseFact>(context, 'base');
  if (!base.dnf) return unasked('this base has no dnf');
  const { files, requests } = sought(params);
  const official = await officialRepos(params.kubevirt, files, params.arch);
  if (typeof official === 'string') return unasked(official);
  const engine = await context.engine();
  const odd = unusable(official, engine.kind === 'host');
  if (odd !== undefined) return unasked(odd);
  context.report.status('asking dnf for all that the RPMs require');
  const said = await askDnf(params, context, { image: base.here.image, official });
  if (said.cannot) return unasked('dnf has no repoclosure here');
  if (said.failure !== undefined) return unasked(said.failure, true);
  return judge(params, context, { unmet: said.unmet, had: said.had, files, requests });
}

/** Repo files that the resolver gets, and what KubeVirt's script asks for; of a script that can't be followed, nothing is known of the latter. */
function sought({ kubevirt, stream, arch, crossArchEmulation }: ClosureParams): { readonly files: readonly string[]; readonly requests?: readonly string[] } {
  const call = { stream: stream.stream, arch, basesystem: stream.kubevirtBasesystem, customRepo: CUSTOM_REPO, crossArchEmulation, versions: stream.versions, elsewhere: [] };
  const trees = askedFor(readScriptIfThere(kubevirt) ?? '', call);
  const files = repoFilesOf(kubevirt, typeof trees === 'string' ? [] : trees, { stream: stream.stream, custom: CUSTOM_REPO });
  return typeof trees === 'string' || trees.length === 0 ? { files } : { files, requests: trees.flatMap((tree) => tree.requests) };
}

interface Answer {
  readonly unmet: readonly UnmetRequirement[];
  /** In the order of `unmet`: `EPEL has it (foo-libs)`; absent where nobody does. */
  readonly had: readonly (string | undefined)[];
  readonly files: readonly string[];
  readonly requests?: readonly string[] | undefined;
}

async function judge(params: ClosureParams, context: NodeContext, { unmet, had, files, requests }: Answer): Promise<ClosureFact> {
  const needed = requests && (await namesNeeded(params, context, requests));
  const told = unmet.map(({ nevra, requires }, index) => ({
    needed: needed?.some((start) => nevra.startsWith(start)) ?? true,
    text: `${nevra} requires ${requires}, which neither the RPMs that were built nor the repositories of ${files.join(', ')} have${had[index] === undefined ? '' : `; in the build root ${had[index]}`}`,
  }));
  for (const { text } of told.filter((one) => !one.needed)) context.report.warn(`${text}. No tree of KubeVirt leads to it`);
  const [first, ...others] = told.filter((one) => one.needed).map(({ text }) => text);
  if (first === undefined) return { unmet };
  return fail({
    class: 'proof',
    cause: 'resolver',
    message: first,
    next: `Leave out what requires it (build.without), build the package that has it too, or add the repository that has it to ${files[0] ?? 'the repo file'}.`,
    lines: others,
  });
}

/** How the NEVRAs of those RPMs of ours begin that some tree leads to. */
async function namesNeeded(params: ClosureParams, context: NodeContext, requests: readonly string[]): Promise<readonly string[]> {
  const own = await ownRpms(context, { basesystem: params.stream.basesystem, arch: params.arch });
  // Which version the script asks for does not matter here: there is one of each.
  const names = [...new Set(requests.map(nameOf))];
  return reached(own, names).flatMap(({ name, epoch, version }) => [`${name}-${String(epoch)}:${version}-`, ...(epoch === 0 ? [`${name}-${version}-`] : [])]);
}
