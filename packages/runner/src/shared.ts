import type { GraphNode, Input, NodeKind } from '@crpm/core';
import type { CachedResult, OpenRemote, RemoteResult, RemoteResults, RemoteVoice } from '@crpm/state';
import type { Question } from './decide.js';
import { fingerprintOf } from './fingerprint.js';
import { outputDigest, withoutHere } from './outputs.js';

/** The store that a team shares, as far as a graph's nodes may use it. Opened when the first one could. */
export class Shared {
  readonly #open: OpenRemote | undefined;
  readonly #voice: RemoteVoice;
  #remote: Promise<RemoteResults> | undefined;

  constructor(open: OpenRemote | undefined, voice: RemoteVoice) {
    this.#open = open;
    this.#voice = voice;
  }

  /** The result of a fingerprint, if what is there says of itself that it is that. Its bytes have not come yet. */
  async find({ node, kind }: Pick<Question, 'node' | 'kind'>, fingerprint: string, signal: AbortSignal): Promise<RemoteResult | undefined> {
    if (!this.#open || !isShared(node, kind)) return undefined;
    const found = await (await this.#remoteResults(this.#open)).find(node.id, fingerprint, signal);
    if (!found) return undefined;
    const result = { ...found.result, data: withoutHere(found.result.data) };
    const why = whyNot(result, node, fingerprint);
    if (why === undefined) return { result, from: found.from, fill: (folder, fillSignal) => found.fill(folder, fillSignal), refuse: (reason) => { found.refuse(reason); } };
    found.refuse(why);
    return undefined;
  }

  /** Gives a result away that was made here. */
  async offer(result: CachedResult, folder: string, node: GraphNode, kind: NodeKind): Promise<void> {
    if (!this.#open || !isShared(node, kind) || result.from !== undefined) return;
    (await this.#remoteResults(this.#open)).offer(result, folder);
  }

  /** Waits, within reason, for what was given away. */
  async finish(signal: AbortSignal): Promise<void> {
    await (await this.#remote)?.finish(signal);
  }

  #remoteResults(open: OpenRemote): Promise<RemoteResults> {
    return (this.#remote ??= open(this.#voice));
  }
}

export function isShared(node: GraphNode, kind: NodeKind): boolean {
  return kind.shared?.when(node.params) === true;
}

/** Whoever can write to the place can write anything: it must at least be about what was asked for. */
function whyNot({ fingerprint, inputs, kind, files, data, digest }: CachedResult, node: GraphNode, asked: string): string | undefined {
  if (fingerprint !== asked || fingerprintOf(inputs as readonly Input[]) !== asked) return 'it was made from other inputs than it is filed under';
  if (kind !== node.kind) return `it is of the kind ${kind}`;
  if (files.length === 0) return 'it has no files';
  return outputDigest(files, data) === digest ? undefined : 'what it consists of is not what its digest says';
}
