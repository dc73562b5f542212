import { parseEvr, parsePartialEvr, type Relation } from '@crpm/rpm';
import type { ResolverRepo, ResolverRpm } from '../../src/predict/universe.js';

/** An RPM as the recorded experiments and the tests write it. */
export interface WrittenRpm {
  readonly name: string;
  /** `0:12.5.0-1.el9` */
  readonly evr: string;
  /** Default `x86_64`. */
  readonly arch?: string;
  /** `libvirt-libs = 0:12.5.0-1.el9`, or a name alone. */
  readonly requires?: readonly string[];
  readonly provides?: readonly string[];
}

/** Every RPM provides its own name, as rpm makes it. */
export function resolverRpm({ name, evr, arch = 'x86_64', requires = [], provides = [] }: WrittenRpm): ResolverRpm {
  const parsed = parseEvr(evr);
  if (!parsed) throw new Error(`no EVR: ${evr}`);
  return { name, ...parsed, arch, requires: requires.map(relation), provides: [{ name, op: '=', evr: parsed }, ...provides.map(relation)] };
}

export function resolverRepo(name: string, packages: readonly WrittenRpm[]): ResolverRepo {
  return { name, rpms: packages.map(resolverRpm) };
}

export function relation(text: string): Relation {
  const [name = '', op, evr] = text.split(' ');
  return op === undefined || evr === undefined ? { name } : { name, op: op as NonNullable<Relation['op']>, evr: parsePartialEvr(evr) };
}
