import type { Engine, Graph, GraphNode, NodeKind, Role } from '@crpm/core';
import type { Difference } from './difference.js';
import type { Ledger } from './ledger.js';

interface Parts {
  readonly graph: Graph;
  readonly ledger: Ledger;
  readonly roleOf: (node: GraphNode) => Role;
  readonly kindOf: (node: GraphNode) => NodeKind;
  readonly openEngine: () => Promise<Engine>;
  /** A skipped need's result can't be used. */
  readonly onUnusable: (node: GraphNode, why: Difference) => void;
}

/**
 * A result can turn out not to be there only when somebody wants to use it: an image that was removed, or a node left out by `--only`
 * that never ran. Then the one who is about to run demands it: the need is visited again, with a reason to run, and all that rests on it
 * is decided once more. That happens at most once per node, since what ran in this run is there.
 */
export class Demands {
  readonly #parts: Parts;
  readonly #why = new Map<string, Difference>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Why a node is demanded, as long as it did not run. */
  on({ id }: GraphNode): Difference | undefined {
    return this.#parts.ledger.hasRun(id) ? undefined : this.#why.get(id);
  }

  /** Needs left out by `--only` that have no result to stand in. */
  absentNeeds(node: GraphNode): readonly string[] {
    const { graph, ledger, roleOf } = this.#parts;
    const absent = node.needs.filter((id) => {
      const need = graph.nodes.get(id);
      return need !== undefined && ledger.output(id) === undefined && roleOf(need) === 'as-is';
    });
    for (const id of absent) this.#why.set(id, { what: 'first-run' });
    return absent;
  }

  /**
   * Asks the engine for what the needs of a node that is about to run left there. Those to visit again, if any, or if one can't be used at all;
   * nothing if all is there.
   */
  async missingNeeds(node: GraphNode): Promise<readonly string[] | undefined> {
    const { graph, ledger, roleOf, onUnusable } = this.#parts;
    const gone: string[] = [];
    let dropped = false;
    for (const id of node.needs) {
      const need = graph.nodes.get(id);
      const text = need && (await this.#missing(need));
      // Somebody else may have had it made again while the engine was asked.
      if (!need || text === undefined || ledger.hasRun(id)) continue;
      const why: Difference = { what: 'elsewhere', text };
      if (roleOf(need) === 'skipped') {
        onUnusable(need, why);
        dropped = true;
      } else {
        this.#why.set(id, why);
        gone.push(id);
      }
    }
    return gone.length > 0 || dropped ? gone : undefined;
  }

  async #missing(need: GraphNode): Promise<string | undefined> {
    const { ledger, kindOf, openEngine } = this.#parts;
    const output = ledger.output(need.id);
    const kind = kindOf(need);
    if (!output || !kind.missing || ledger.hasRun(need.id)) return undefined;
    return kind.missing(need.params, output, await openEngine());
  }
}
