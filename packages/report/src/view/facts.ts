import type { Json } from '@crpm/core';
import type { RunRecord } from '../run-record.js';

/*
 * What nodes found out is JSON of their kinds, which this package does not know: whoever tells of RPMs or of a proof in these shapes is shown with them. All
 * that is not as expected is left out, as a record may be of another release.
 */

export interface RpmRow {
  readonly node: string;
  readonly name: string;
  readonly evr: string;
  readonly arch: string;
  readonly file: string;
  /** bytes */
  readonly size: number;
  readonly sha256: string;
}

/** The RPMs that the nodes of this run made, or have made, each once. */
export function rpmsOf(record: RunRecord): readonly RpmRow[] {
  return record.nodes.flatMap(({ id, data }) => {
    const fact = object(data);
    // A repository names them once more.
    if (text(fact['package']) === undefined) return [];
    return list(fact['rpms']).flatMap((one): RpmRow[] => {
      const { name, version, release, arch, file, sha256, epoch, size } = object(one);
      if (typeof name !== 'string' || typeof version !== 'string' || typeof release !== 'string' || typeof sha256 !== 'string') return [];
      return [{ node: id, name, evr: `${typeof epoch === 'number' ? String(epoch) : '0'}:${version}-${release}`, arch: text(arch) ?? '', file: text(file) ?? '', size: typeof size === 'number' ? size : 0, sha256 }];
    });
  });
}

/** What packages were built in, by the node that set it up. */
export function basesOf(record: RunRecord): readonly { readonly node: string; readonly from: string; readonly dist: string }[] {
  return record.nodes.flatMap(({ id, data }) => {
    const { from, dist, dnf } = object(data);
    return typeof from === 'string' && typeof dist === 'string' && dnf !== undefined ? [{ node: id, from, dist }] : [];
  });
}

export interface ProofView {
  readonly node: string;
  readonly proven: boolean;
  /** Only shown with a stand-in for KubeVirt's resolver. */
  readonly demonstration: boolean;
  readonly resolver: string;
  readonly rows: readonly { readonly name: string; readonly evr: string; readonly place: string; readonly verdict: string; readonly message: string; readonly trees: readonly string[] }[];
  readonly complaints: readonly { readonly check: string; readonly message: string; readonly next: string }[];
  readonly moved: readonly { readonly name: string; readonly before: string; readonly after: string; readonly trees: string }[];
  /** What is to be told of packages that were left out. */
  readonly notes: readonly string[];
}

/** The proof from KubeVirt's files, of a node that shows it or that fails for want of it. */
export function proofOf(record: RunRecord): ProofView | undefined {
  for (const { id, data, failure } of record.nodes.toReversed()) {
    for (const found of [data, failure?.data]) {
      const fact = object(found);
      const proof = object(fact['proof'] ?? found ?? null);
      const resolver = text(proof['resolver']);
      if (resolver === undefined || typeof proof['proven'] !== 'boolean') continue;
      const rows = list(proof['rows']).map(object);
      const several = new Set(rows.map(({ stream }) => stream)).size > 1;
      return {
        node: id,
        // Of a demonstration `proven` is never said; records of old have that alone.
        proven: proof['holds'] === true || (proof['holds'] === undefined && proof['proven']),
        demonstration: proof['standing'] === 'demonstration',
        resolver,
        rows: rows.map((row) => ({
          name: text(row['name']) ?? '',
          evr: text(row['evr']) ?? '',
          place: `${text(row['arch']) ?? ''}${several ? `_cs${String(row['stream'])}` : ''}`,
          verdict: text(row['verdict']) ?? '',
          message: text(row['message']) ?? '',
          trees: texts(row['trees']),
        })),
        complaints: complaintsOf(proof),
        moved: list(proof['moved']).map(object).map((one) => ({
          name: text(one['name']) ?? '',
          before: texts(one['before']).join(', ') || 'new',
          after: texts(one['after']).join(', ') || 'gone',
          trees: texts(one['trees']).join(' '),
        })),
        notes: [
          ...Object.entries(object(fact['stale'])).map(([name, since]) => `${name} was left out of this run; its RPMs are those of ${String(since)}: not proven to be what its tree holds`),
          ...texts(fact['absent']).map((name) => `${name} was left out of this run and was never built: KubeVirt keeps its official RPMs`),
          ...(texts(fact['allowOfficial']).length > 0 ? [`allowed to stay official: ${texts(fact['allowOfficial']).join(', ')}`] : []),
        ],
      };
    }
  }
  return undefined;
}

export interface ClusterView {
  readonly node: string;
  readonly proven: boolean;
  readonly where: string;
  readonly rows: readonly { readonly name: string; readonly version: string; readonly files: number; readonly equal: number; readonly wrong: readonly string[] }[];
  readonly complaints: ProofView['complaints'];
}

/** The proof from a virt-launcher that ran. */
export function clusterOf(record: RunRecord): ClusterView | undefined {
  for (const { id, data, failure } of record.nodes.toReversed()) {
    for (const found of [data, failure?.data]) {
      const proof = object(object(found)['proof'] ?? found ?? null);
      if (typeof proof['proven'] !== 'boolean' || !Array.isArray(proof['versions'])) continue;
      const launcher = object(object(object(found)['here'])['launcher']);
      return {
        node: id,
        proven: proof['proven'],
        where: [text(launcher['namespace']), text(launcher['pod'])].filter(Boolean).join('/'),
        rows: list(proof['rows']).map(object).map((row) => ({
          name: text(row['name']) ?? '',
          version: text(row['version']) ?? '',
          files: number(row['files']),
          equal: number(row['equal']),
          wrong: [...texts(row['differ']).map((path) => `${path} differs`), ...texts(row['missing']).map((path) => `${path} is not in the image`), ...texts(row['unreadable']).map((path) => `${path} can't be read`)],
        })),
        complaints: complaintsOf(proof),
      };
    }
  }
  return undefined;
}

function complaintsOf(proof: Readonly<Record<string, Json>>): ProofView['complaints'] {
  return list(proof['complaints']).map(object).map((one) => ({ check: text(one['check']) ?? '', message: text(one['message']) ?? '', next: text(one['next']) ?? '' }));
}

type Fields = Readonly<Record<string, Json>>;

function object(value: Json | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: Json | undefined): readonly string[] {
  return list(value).filter((one) => typeof one === 'string');
}

function number(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}
