import type { VerifyClusterFact } from '../kubevirt/facts.js';
import type { ClusterProof, ClusterRow, ClusterVersion } from './judge.js';

/** The proof from the cluster for people. */
export function formatClusterProof({ proof, here }: VerifyClusterFact): string {
  return [
    ...(here ? [`in the cluster: ${here.launcher.namespace}/${here.launcher.pod}, ${here.launcher.image}`] : []),
    ...clusterProofLines(proof),
  ].join('\n');
}

export function clusterProofLines({ proven, rows, versions, complaints, stream, imageStream }: ClusterProof): readonly string[] {
  return [
    ...columns([['RPM', 'VERSION', 'FILES', 'IN VIRT-LAUNCHER'], ...rows.map((row) => [row.name, row.version, String(row.files), verdict(row)])]),
    ...versions.map(versionLine),
    ...(imageStream === undefined ? [] : [`image: CentOS Stream ${imageStream}`]),
    ...rows.flatMap(({ name, differ }) => differ.map((path) => `differs: ${path} (${name})`)),
    ...complaints.map(({ check, message }) => `not proven (${check}): ${message}`),
    proven ? `proven: virt-launcher runs the build for CentOS Stream ${stream}` : 'NOT PROVEN IN THE CLUSTER',
  ];
}

function verdict({ files, equal, differ, missing, unreadable }: ClusterRow): string {
  if (files === 0) return 'nothing to compare';
  const parts = [
    ...(equal > 0 ? [`${equal} equal`] : []),
    ...(differ.length > 0 ? [`${differ.length} DIFFER`] : []),
    ...(missing.length > 0 ? [`${missing.length} not in the image`] : []),
    ...(unreadable.length > 0 ? [`${unreadable.length} unreadable`] : []),
  ];
  return parts.join(', ');
}

function versionLine({ what, says, expected }: ClusterVersion): string {
  const runs = `${what} says it is ${says ?? 'nothing of use'}`;
  return expected === undefined ? `${runs}; its RPMs are not of this build` : says === expected ? runs : `${runs}; the RPM is ${expected}`;
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ').trimEnd());
}
