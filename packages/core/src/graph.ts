/** Plain data: what JSON can hold, so that a node's parameters can be shown, compared and hashed. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A node of the graph: what it is, and what must be there before it. Made by `pipeline`, scheduled by `runner`. */
export interface GraphNode {
  /** `libvirt.rpmbuild`, `libvirt.rpmbuild@aarch64`, `createrepo`. */
  readonly id: string;
  /** Name of its {@link NodeKind}. */
  readonly kind: string;
  /** The source package it belongs to; faces group by it. */
  readonly group?: string;
  /** One line for people. */
  readonly title: string;
  readonly needs: readonly string[];
  readonly params: Json;
}

/** Nodes by id, in the order in which the config names them. No I/O was done to make it. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
}
