import type { Evr } from '../evr.js';
import { parsePartialEvr, type Relation } from '../relation.js';
import { decodeFiles, type RpmFile } from './files.js';
import { corrupt, type Section } from './section.js';
import { SENSE, TAG } from './tags.js';

/** What crpm reads from the header of an RPM. */
export interface RpmHeader extends Evr {
  readonly name: string;
  /** `src` or `nosrc` for a source RPM, as in its file name; rpm's own `%{ARCH}` is there the machine it was built on. */
  readonly arch: string;
  /** File name of the source RPM it was built from; absent for a source RPM. */
  readonly sourcerpm?: string;
  /** Seconds since 1970. */
  readonly buildTime?: number;
  readonly buildHost?: string;
  readonly vendor?: string;
  readonly requires: readonly Relation[];
  readonly provides: readonly Relation[];
  readonly files: readonly RpmFile[];
  /** `gzip`, `xz`, `zstd`, …; absent where the payload is not compressed or there is none. */
  readonly payloadCompressor?: string;
}

/** Picks the tags out of a header section. Throws a `FailureError` if one that every RPM has is missing or tags disagree. */
export function decodeHeader(section: Section, file: string): RpmHeader {
  const required = (tag: number, name: string): string => section.string(tag) || corrupt(file, `its header has no ${name}`);
  const sourcerpm = section.string(TAG.sourceRpm);
  const vendor = section.string(TAG.vendor);
  const buildTime = section.number(TAG.buildTime);
  const buildHost = section.string(TAG.buildHost);
  const payloadCompressor = section.string(TAG.payloadCompressor);
  const withheld = section.has(TAG.noSource) || section.has(TAG.noPatch);
  return {
    name: required(TAG.name, 'name'),
    epoch: section.number(TAG.epoch) ?? 0,
    version: required(TAG.version, 'version'),
    release: required(TAG.release, 'release'),
    arch: sourcerpm === undefined ? (withheld ? 'nosrc' : 'src') : required(TAG.arch, 'architecture'),
    ...(sourcerpm === undefined ? {} : { sourcerpm }),
    ...(buildTime === undefined ? {} : { buildTime }),
    ...(buildHost === undefined ? {} : { buildHost }),
    ...(vendor === undefined ? {} : { vendor }),
    requires: relations(section, TAG.requireName, TAG.requireFlags, TAG.requireVersion, file),
    provides: relations(section, TAG.provideName, TAG.provideFlags, TAG.provideVersion, file),
    files: decodeFiles(section, file),
    ...(payloadCompressor === undefined ? {} : { payloadCompressor }),
  };
}

function relations(section: Section, nameTag: number, flagsTag: number, versionTag: number, file: string): readonly Relation[] {
  const names = section.strings(nameTag);
  const flags = section.numbers(flagsTag);
  const versions = section.strings(versionTag);
  // Very old RPMs have names alone.
  if (flags.length === 0 && versions.length === 0) return names.map((name) => ({ name }));
  if (flags.length !== names.length || versions.length !== names.length) corrupt(file, `its header has dependencies of unequal length`);
  return names.map((name, i) => {
    const op = operator(flags[i] ?? 0);
    const version = versions[i] ?? '';
    return op === undefined || version === '' ? { name } : { name, op, evr: parsePartialEvr(version) };
  });
}

function operator(flags: number): Relation['op'] {
  const or = (flags & SENSE.equal) !== 0;
  if ((flags & SENSE.less) !== 0) return or ? '<=' : '<';
  if ((flags & SENSE.greater) !== 0) return or ? '>=' : '>';
  return or ? '=' : undefined;
}
