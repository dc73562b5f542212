import { compareEvrBazeldnf, compareVersionsBazeldnf, formatEvr, type Evr, type Relation } from '@crpm/rpm';

/** An RPM as a repository's metadata shows it to the resolver. */
export interface ResolverRpm extends Evr {
  readonly name: string;
  readonly arch: string;
  readonly requires: readonly Relation[];
  readonly provides: readonly Relation[];
  /** Absent: none. */
  readonly conflicts?: readonly Relation[];
  /** Absolute paths that the metadata lists; others can't be required by path. Absent: none. */
  readonly files?: readonly string[];
}

export interface ResolverRepo {
  readonly name: string;
  readonly rpms: readonly ResolverRpm[];
}

/** An RPM and where it comes from. */
export interface Candidate {
  readonly rpm: ResolverRpm;
  readonly repo: string;
  /** {@link keyOf} it, made once: distributions have tens of thousands. */
  readonly key: string;
}

/** The repositories as they are told to bazeldnf, in that order, for one architecture. It sees that architecture and `noarch`, nothing else. */
export class Universe {
  /** In the order of the repositories. */
  readonly candidates: readonly Candidate[];
  readonly #providers = new Map<string, Candidate[]>();
  readonly #named = new Map<string, Candidate[]>();

  constructor(repos: readonly ResolverRepo[], arch: string) {
    this.candidates = repos.flatMap(({ name, rpms }) => rpms.filter((rpm) => rpm.arch === arch || rpm.arch === 'noarch').map((rpm) => ({ rpm, repo: name, key: keyOf(rpm) })));
    for (const candidate of this.candidates) {
      push(this.#named, candidate.rpm.name, candidate);
      for (const name of providedNames(candidate.rpm)) push(this.#providers, name, candidate);
    }
  }

  /** All RPMs of this very name. */
  named(name: string): readonly Candidate[] {
    return this.#named.get(name) ?? [];
  }

  /** All that provide something of this name, in whatever version: packages, capabilities, files. */
  providersOf(name: string): readonly Candidate[] {
    return this.#providers.get(name) ?? [];
  }
}

/** `libvirt-libs-0:12.5.0-1.el9`: what bazeldnf knows an RPM by; the architecture is no part of it. */
export function keyOf(rpm: ResolverRpm): string {
  return `${rpm.name}-${formatEvr(rpm)}`;
}

/** What an RPM requires, as far as bazeldnf looks: rich dependencies are passed over. */
export function requirementsOf({ requires }: ResolverRpm): readonly Relation[] {
  return requires.filter(({ name }) => !name.startsWith('('));
}

/** Whether an RPM has what is asked for. Something provided without a version meets every version; the RPM's own name is provided in its own EVR, whatever its metadata says. */
export function satisfies(rpm: ResolverRpm, wanted: Relation): boolean {
  if (rpm.files?.includes(wanted.name)) return true;
  return rpm.provides.some((provided) => provided.name === wanted.name && meets(provided.name === rpm.name ? { name: rpm.name, op: '=', evr: rpm } : provided, wanted));
}

function meets(provided: Relation, { op, evr }: Relation): boolean {
  if (op === undefined || evr === undefined || provided.evr === undefined) return true;
  const have = provided.evr;
  // Asked for without a release, any release will do.
  const order =
    compareEvrBazeldnf({ ...have, release: '' }, { ...evr, release: '' }) || (evr.release === undefined ? 0 : compareVersionsBazeldnf(have.release ?? '', evr.release));
  switch (op) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** All names by which an RPM can be required: its own, its capabilities, its files. */
export function providedNames({ name, provides, files = [] }: ResolverRpm): ReadonlySet<string> {
  return new Set([name, ...provides.map((provided) => provided.name), ...files]);
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
