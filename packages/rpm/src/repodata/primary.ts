import type { Evr } from '../evr.js';
import type { Relation } from '../relation.js';
import type { XmlHandler } from './xml.js';

/** One RPM as a repository's primary metadata describes it. */
export interface RepoPackage extends Evr {
  readonly name: string;
  /** `src` for a source RPM. */
  readonly arch: string;
  /** Hex digest of the file with `checksumType`. */
  readonly checksum: string;
  /** `sha256` in every repository that bazeldnf of KubeVirt reads. */
  readonly checksumType: string;
  /** Relative to the repository, or absolute where the metadata has an `xml:base`. */
  readonly location: string;
  /** Empty for a source RPM. */
  readonly sourcerpm: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly requires: readonly Relation[];
  readonly provides: readonly Relation[];
  readonly conflicts: readonly Relation[];
  /** Absolute paths that the metadata lists: programs and what is below /etc. Others can't be required by path. */
  readonly files: readonly string[];
}

const OPERATORS: Readonly<Record<string, NonNullable<Relation['op']>>> = { LT: '<', LE: '<=', EQ: '=', GE: '>=', GT: '>' };

type Lists = { requires: Relation[]; provides: Relation[]; conflicts: Relation[]; files: string[] };
type Building = { -readonly [K in keyof RepoPackage]?: RepoPackage[K] } & Lists;

/** Reads primary.xml in one pass, giving each package to `found`. Throws an `Error` for a package without what identifies it. */
export function primaryHandler(found: (rpm: RepoPackage) => void): XmlHandler & { readonly root: () => string | undefined } {
  let root: string | undefined;
  let rpm: Building | undefined;
  let list: Relation[] | undefined;
  // A distribution's packages require the same few thousand things over and over.
  const known = new Map<string, Relation>();
  return {
    root: () => root,
    open(name, attributes) {
      root ??= name;
      if (name === 'package') rpm = { requires: [], provides: [], conflicts: [], files: [] };
      if (rpm === undefined) return;
      switch (name) {
        case 'version':
          rpm.epoch = epoch(attributes['epoch']);
          rpm.version = attributes['ver'] ?? '';
          rpm.release = attributes['rel'] ?? '';
          break;
        case 'checksum':
          rpm.checksumType = attributes['type'] ?? '';
          break;
        case 'size':
          rpm.size = Number(attributes['package'] ?? 0);
          break;
        case 'location': {
          const href = attributes['href'] ?? '';
          const base = attributes['xml:base'];
          rpm.location = base ? `${base.replace(/\/*$/, '/')}${href}` : href;
          break;
        }
        case 'requires':
        case 'provides':
        case 'conflicts':
          list = rpm[name];
          break;
        case 'entry':
          list?.push(relation(attributes, known));
      }
    },
    close(name, text) {
      if (rpm === undefined) return;
      switch (name) {
        case 'name':
        case 'arch':
        case 'sourcerpm':
          rpm[name] = text.trim();
          break;
        case 'checksum':
          rpm.checksum = text.trim().toLowerCase();
          break;
        case 'file':
          rpm.files.push(text);
          break;
        case 'requires':
        case 'provides':
        case 'conflicts':
          list = undefined;
          break;
        case 'package':
          found(complete(rpm));
          rpm = undefined;
      }
    },
  };
}

function relation(attributes: Readonly<Record<string, string>>, known: Map<string, Relation>): Relation {
  const key = ['name', 'flags', 'epoch', 'ver', 'rel'].map((name) => attributes[name] ?? '').join(' ');
  const relation = known.get(key) ?? readRelation(attributes);
  known.set(key, relation);
  return relation;
}

function readRelation(attributes: Readonly<Record<string, string>>): Relation {
  const name = attributes['name'] ?? '';
  const op = OPERATORS[attributes['flags'] ?? ''];
  const version = attributes['ver'];
  if (op === undefined || version === undefined) return { name };
  const release = attributes['rel'];
  return { name, op, evr: { epoch: epoch(attributes['epoch']), version, ...(release === undefined ? {} : { release }) } };
}

function epoch(text: string | undefined): number {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 0;
}

function complete(rpm: Building): RepoPackage {
  const { name, arch, version, release, checksum, checksumType, location } = rpm;
  if (!name || !arch || !version || !release || !checksum || !checksumType || !location) {
    throw new Error(`the package ${name ?? 'without a name'} lacks its architecture, version, checksum or location`);
  }
  return {
    name,
    epoch: rpm.epoch ?? 0,
    version,
    release,
    arch,
    checksum,
    checksumType,
    location,
    sourcerpm: rpm.sourcerpm ?? '',
    size: rpm.size ?? 0,
    requires: rpm.requires,
    provides: rpm.provides,
    conflicts: rpm.conflicts,
    files: rpm.files,
  };
}
