import type { Readable } from 'node:stream';
import type { Kinds, KubeObject, Resource } from './objects.js';

export interface ListAnswer<T> {
  readonly items: readonly T[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

export interface WatchOptions {
  readonly labels?: string;
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
}

export interface LogOptions {
  readonly container: string;
  /** RFC 3339; whole seconds are what the server looks at. */
  readonly sinceTime?: string;
  readonly signal: AbortSignal;
}

export interface DeleteOptions {
  /** Only if it is still the one of this uid. */
  readonly uid?: string;
}

/** What may be done, and whether this user may. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

/**
 * One namespace of a cluster: the seam at which a fake stands in for it. Everything that goes wrong is thrown as `KubeError`; a stream or watch that ends says nothing about
 * what it told of.
 */
export interface KubeApi {
  readonly namespace: string;
  /** For people: `https://127.0.0.1:6443`. */
  readonly server: string;
  /** `v1.34.2` */
  version(): Promise<string>;
  /** `true` if this user may; for people also why not. */
  mayI(access: Access): Promise<{ readonly allowed: boolean; readonly reason?: string }>;
  create<R extends Resource>(resource: R, object: KubeObject): Promise<Kinds[R]>;
  /** Nothing if there is none. */
  get<R extends Resource>(resource: R, name: string): Promise<Kinds[R] | undefined>;
  replace<R extends Resource>(resource: R, object: KubeObject): Promise<Kinds[R]>;
  list<R extends Resource>(resource: R, selector?: { readonly labels?: string; readonly fields?: string }): Promise<ListAnswer<Kinds[R]>>;
  /** Ends when the server ends it, which it does every few minutes; throws `KubeError` with status 410 when the version is too old. */
  watch<R extends Resource>(resource: R, options: WatchOptions): AsyncIterable<WatchEvent<Kinds[R]>>;
  /** With all that it owns, in the background; gone already is fine. */
  delete(resource: Resource, name: string, options?: DeleteOptions): Promise<void>;
  /** What a container wrote, each line behind its time, from `sinceTime` on and to its end. */
  log(pod: string, options: LogOptions): Promise<Readable>;
  close(): void;
}
