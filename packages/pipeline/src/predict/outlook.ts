import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type Input, type Json, type NodeContext } from '@crpm/core';
import { pinOurs } from '../kubevirt/pin-ours.js';
import { readPins } from '../kubevirt/pins.js';
import { CUSTOM_REPO } from '../kubevirt/repo-file.js';
import { treeState } from '../kubevirt/tree-state.js';
import { readUndo, withoutOurs } from '../kubevirt/undo.js';
import { readYielded } from '../kubevirt/yielded-files.js';
import type { OutlookParams } from '../params.js';
import { askedFor } from './asked.js';
import { foresee } from './foresee.js';
import type { Foresight, OwnRpm, Prospect } from './foresight.js';
import type { Official, OfficialLoader } from './official.js';
import { repoFilesOf } from './repo-files.js';
import { repodataCache } from './repodata-cache.js';

/** kinds `predict` and `predict-built` */
export type PredictFact = {
  /** What it rests on; or why nothing could be told. */
  readonly from: string;
  readonly foresights: readonly (Foresight & Json)[];
};

/** Files of the tree that decide what the resolver is asked. WORKSPACE is not among them: every run of crpm writes it. */
export function outlookInputs({ kubevirt, stream: { stream } }: OutlookParams): readonly Input[] {
  return ['hack/rpm-deps.sh', `rpm/repo-cs${String(stream)}.yaml`, 'rpm/repo-virt-preview.yaml'].map((path) => ({ name: `kubevirt/${path}`, value: digestOf(join(kubevirt, path)) }));
}

export interface Outlook {
  readonly params: OutlookParams;
  /** Text of `hack/rpm-deps.sh`. */
  readonly script: string;
  readonly own: (official: Official) => readonly OwnRpm[];
  readonly ownFrom: Prospect['ownFrom'];
  readonly compared?: Prospect['compared'];
  /** Version variables, as the script will get them. */
  readonly versions: (own: readonly OwnRpm[]) => Readonly<Record<string, string>>;
  /** Variables of packages that are not looked at here. */
  readonly elsewhere: readonly string[];
  readonly official: OfficialLoader;
}

export const NO_SCRIPT: PredictFact = { from: 'nothing: the KubeVirt tree has no hack/rpm-deps.sh', foresights: [] };

/** Asks the model what will be chosen. A text in `unreadable` says why the script does not tell what it asks for. */
export async function lookAhead(outlook: Outlook, context: Pick<NodeContext, 'workspace' | 'signal'>): Promise<{ readonly official: Official; readonly foresights: readonly Foresight[] } | { readonly unreadable: string }> {
  const { params, script } = outlook;
  const call = { stream: params.stream.stream, arch: params.arch, basesystem: params.stream.kubevirtBasesystem, customRepo: CUSTOM_REPO, crossArchEmulation: params.crossArchEmulation, elsewhere: outlook.elsewhere };
  const first = askedFor(script, { ...call, versions: params.stream.versions });
  if (typeof first === 'string') return { unreadable: first };
  const official = await outlook.official.load({
    tree: params.kubevirt, stream: call.stream, arch: params.arch, signal: context.signal, cache: repodataCache(context.workspace.cache),
    repoFiles: repoFilesOf(params.kubevirt, first, { stream: call.stream, custom: CUSTOM_REPO }),
    files: () => {
      const { dir, undo } = treeState(context.workspace, params.kubevirt);
      return withoutOurs(readUndo(undo), readYielded(dir));
    },
  });
  const own = outlook.own(official);
  const versions = { ...params.stream.versions, ...outlook.versions(own) };
  const trees = askedFor(pinOurs(script, own).text, { ...call, versions });
  if (typeof trees === 'string') return { unreadable: trees };
  return { official, foresights: foresee({ arch: params.arch, trees, own, ownFrom: outlook.ownFrom, ...(outlook.compared ? { compared: outlook.compared } : {}), official: official.repos, complete: official.complete, allowOfficial: params.allowOfficial, pins: pinsOf(script, params) }) };
}

/** Which names each version variable of a script pins. */
export function pinsOf(script: string, { stream: { stream }, arch }: Pick<OutlookParams, 'stream' | 'arch'>): Prospect['pins'] {
  const variables = new Set(script.match(/\b[A-Z][A-Z0-9]*_VERSION\b/g) ?? []);
  return Object.fromEntries([...variables].map((variable) => [variable, readPins(script, { name: variable, pin: { variable } }, { arch, stream }).names] as const).filter(([, names]) => names.length > 0));
}

/** Tells what was foreseen; fails if something can't come out well. */
export function report({ report }: Pick<NodeContext, 'report'>, from: string, foresights: readonly Foresight[]): PredictFact {
  report.status(`foretold from ${from}`);
  for (const { severity, message, next } of foresights) if (severity === 'warning') report.warn(`${message}. ${next}`);
  const [error, ...others] = foresights.filter(({ severity }) => severity === 'error');
  if (error) fail({ class: 'proof', cause: 'resolver', message: error.message, next: error.next, lines: others.map(({ message }) => message) });
  return { from, foresights: foresights.map((one) => ({ ...one })) };
}

export function unreadable({ report }: Pick<NodeContext, 'report'>, why: string): PredictFact {
  report.status(`nothing can be foretold: hack/rpm-deps.sh can't be followed, ${why}`);
  return { from: `nothing: ${why}`, foresights: [] };
}

function digestOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return 'absent';
  }
}
