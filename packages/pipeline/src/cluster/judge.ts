import type { Found } from './hash-files.js';
import type { InstalledFile } from './installed-files.js';
import { parseQemu, parseVirsh } from './versions.js';

/** Where QEMU's spec puts its emulator, which is not on PATH. */
export const QEMU = '/usr/libexec/qemu-kvm';

/** An RPM that a tree of virt-launcher holds. */
export interface LauncherRpm {
  readonly name: string;
  readonly version: string;
  readonly release: string;
  /** As the config calls it. */
  readonly package: string;
  /** Name of the source RPM: `libvirt`, `qemu-kvm`. */
  readonly source: string;
  readonly files: readonly InstalledFile[];
}

/** What a program printed there, or why it printed nothing of use. */
export type Said = { readonly text: string } | { readonly error: string };

export interface ClusterEvidence {
  /** CentOS Stream number that the RPMs are for. */
  readonly stream: number;
  readonly rpms: readonly LauncherRpm[];
  readonly found: ReadonlyMap<string, Found>;
  readonly virsh: Said;
  readonly qemu: Said;
  /** The image's CentOS Stream number, where it tells. */
  readonly imageStream?: number;
}

export interface ClusterRow {
  readonly name: string;
  /** `10.1.0-20.el9.crpm0001` */
  readonly version: string;
  readonly package: string;
  /** Files that were to be compared. */
  readonly files: number;
  readonly equal: number;
  /** Paths. */
  readonly differ: readonly string[];
  readonly missing: readonly string[];
  readonly unreadable: readonly string[];
}

export interface ClusterVersion {
  readonly what: 'libvirt' | 'qemu-kvm';
  /** As the program there says it; absent where it said nothing of use. */
  readonly says?: string;
  /** As the RPM has it; absent where it is not ours. */
  readonly expected?: string;
}

/** Plain JSON: it is the result of a node. */
export interface ClusterProof {
  readonly proven: boolean;
  readonly stream: number;
  readonly imageStream?: number;
  readonly rows: readonly ClusterRow[];
  readonly versions: readonly ClusterVersion[];
  readonly complaints: readonly ClusterComplaint[];
}

export interface ClusterComplaint {
  readonly check: 'stream' | 'nothing' | 'bytes' | 'not-there' | 'unreadable' | 'version';
  readonly message: string;
  readonly next: string;
}

/** Paths in one sentence. */
const NAMED = 3;
const SYNC = 'Bring the build into the cluster: crpm run cluster-sync, or make cluster-sync in the KubeVirt tree.';

/** Whether a virt-launcher runs the RPMs: bytes decide; versions where bytes leave something open. Pure. */
export function judgeLauncher(evidence: ClusterEvidence): ClusterProof {
  const { stream, imageStream, rpms } = evidence;
  const rows = rpms.map((rpm) => rowOf(rpm, evidence.found));
  const versions = [libvirtVersion(evidence), qemuVersion(evidence)];
  const complaints: ClusterComplaint[] = [
    ...(imageStream === undefined || imageStream === stream ? [] : [otherStream(stream, imageStream)]),
    ...(rows.some(({ files }) => files > 0) ? [] : [{ check: 'nothing', message: 'no RPM of this build has a file in virt-launcher that could be compared', next: 'Only packages that a tree of virt-launcher (launcherbase_…) holds can be proven there.' } as const]),
    ...rows.flatMap(complaintsOf),
    ...versions.flatMap((version) => versionComplaint(version, rows)),
  ];
  return { proven: complaints.length === 0, stream, ...(imageStream === undefined ? {} : { imageStream }), rows, versions, complaints };
}

function rowOf({ name, version, release, package: of, files }: LauncherRpm, found: ReadonlyMap<string, Found>): ClusterRow {
  const which = (test: (answer: Found, sha256: string) => boolean) => files.filter(({ path, sha256 }) => test(found.get(path) ?? 'missing', sha256)).map(({ path }) => path);
  const missing = which((answer) => answer === 'missing');
  const unreadable = which((answer) => answer === 'unreadable');
  const equal = which((answer, sha256) => answer === sha256).length;
  const differ = which((answer, sha256) => answer !== 'missing' && answer !== 'unreadable' && answer !== sha256);
  return { name, version: `${version}-${release}`, package: of, files: files.length, equal, differ, missing, unreadable };
}

function complaintsOf({ name, version, files, equal, differ, missing, unreadable }: ClusterRow): readonly ClusterComplaint[] {
  if (differ.length > 0) return [{ check: 'bytes', message: `${count(differ.length, 'file')} of ${name} in virt-launcher ${differ.length === 1 ? 'is' : 'are'} not what ${name}-${version} holds: ${some(differ)}`, next: SYNC }];
  if (files === 0 || equal > 0) return [];
  if (missing.length === files) return [{ check: 'not-there', message: `nothing of ${name} is in virt-launcher: ${some(missing)}`, next: SYNC }];
  return [{ check: 'unreadable', message: `nothing of ${name} could be read in virt-launcher: ${some(unreadable)}`, next: 'The container runs as a user that may not read it; nobody can tell from there.' }];
}

function otherStream(stream: number, imageStream: number): ClusterComplaint {
  return {
    check: 'stream',
    message: `virt-launcher's image is of CentOS Stream ${imageStream}, and the RPMs were built for CentOS Stream ${stream}`,
    next: `Sync again with the stream of the build: KUBEVIRT_CENTOS_STREAM_VERSION=${stream} make cluster-sync; crpm run cluster-sync sets it.`,
  };
}

function libvirtVersion({ rpms, virsh }: ClusterEvidence): ClusterVersion {
  const says = 'text' in virsh ? parseVirsh(virsh.text)?.daemon : undefined;
  const ours = rpms.find(({ source }) => source === 'libvirt');
  return { what: 'libvirt', ...(says === undefined ? {} : { says }), ...(ours ? { expected: ours.version } : {}) };
}

function qemuVersion({ rpms, qemu }: ClusterEvidence): ClusterVersion {
  const parsed = 'text' in qemu ? parseQemu(qemu.text) : undefined;
  const ours = rpms.find(({ files }) => files.some(({ path }) => path === QEMU));
  // Without the name of a build in it, it is the version of QEMU's own tree, which is independent of the RPM's.
  const expected = ours && (parsed && parsed.build === undefined ? ours.version : `${ours.source}-${ours.version}-${ours.release}`);
  const says = parsed?.build ?? parsed?.version;
  return { what: 'qemu-kvm', ...(says === undefined ? {} : { says }), ...(expected === undefined ? {} : { expected }) };
}

/** The version that a tree compiles in may be another than its RPM's: where all bytes of the package are proven, it only is told. */
function versionComplaint({ what, says, expected }: ClusterVersion, rows: readonly ClusterRow[]): readonly ClusterComplaint[] {
  if (expected === undefined || says === expected) return [];
  if (says === undefined) return [{ check: 'version', message: `${what} in virt-launcher did not say its version; it should be ${expected}`, next: 'The lines above say what it printed instead.' }];
  const bytesProven = rows.every(({ differ, files, equal }) => differ.length === 0 && (files === 0 || equal > 0)) && rows.some(({ equal }) => equal > 0);
  return bytesProven ? [] : [{ check: 'version', message: `${what} in virt-launcher says that it is ${says}, and the RPM is ${expected}`, next: SYNC }];
}

function some(paths: readonly string[]): string {
  const shown = paths.slice(0, NAMED).join(', ');
  return paths.length > NAMED ? `${shown} and ${paths.length - NAMED} more` : shown;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
