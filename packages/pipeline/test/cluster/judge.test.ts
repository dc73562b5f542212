import { expect, test } from 'vitest';
import { clusterProofLines } from '../../src/cluster/format.js';
import { comparable } from '../../src/cluster/installed-files.js';
import { judgeLauncher, QEMU, type ClusterEvidence, type LauncherRpm } from '../../src/cluster/judge.js';
import { parseQemu, parseStream, parseVirsh } from '../../src/cluster/versions.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const LIBS: LauncherRpm = { name: 'libvirt-libs', version: '12.1.0', release: '1.el9.crpm0001', package: 'libvirt', source: 'libvirt', files: [{ path: '/usr/lib64/libvirt.so.0', sha256: A }, { path: '/usr/share/x', sha256: B }] };
const CORE: LauncherRpm = { name: 'qemu-kvm-core', version: '10.1.0', release: '20.el9.crpm0001', package: 'qemu', source: 'qemu-kvm', files: [{ path: QEMU, sha256: B }] };
const VIRSH = 'Using library: libvirt 12.1.0\nRunning hypervisor: QEMU 10.1.0\nRunning against daemon: 12.1.0\n';
const VERSION = 'QEMU emulator version 10.1.0 (qemu-kvm-10.1.0-20.el9.crpm0001)\nCopyright (c) 2003-2025 Fabrice Bellard\n';
const GOOD: ClusterEvidence = {
  stream: 9,
  imageStream: 9,
  rpms: [LIBS, CORE],
  found: new Map([['/usr/lib64/libvirt.so.0', A], ['/usr/share/x', B], [QEMU, B]]),
  virsh: { text: VIRSH },
  qemu: { text: VERSION },
};
const complaints = (evidence: Partial<ClusterEvidence>) => judgeLauncher({ ...GOOD, ...evidence }).complaints.map(({ check, message }) => `${check}: ${message}`);

test('equal bytes and versions are proof, told in a table', () => {
  const proof = judgeLauncher(GOOD);
  expect(proof.complaints).toEqual([]);
  expect(proof.proven).toBe(true);
  expect(clusterProofLines(proof)).toEqual([
    'RPM            VERSION                 FILES  IN VIRT-LAUNCHER',
    'libvirt-libs   12.1.0-1.el9.crpm0001   2      2 equal',
    'qemu-kvm-core  10.1.0-20.el9.crpm0001  1      1 equal',
    'libvirt says it is 12.1.0',
    'qemu-kvm says it is qemu-kvm-10.1.0-20.el9.crpm0001',
    'image: CentOS Stream 9',
    'proven: virt-launcher runs the build for CentOS Stream 9',
  ]);
});

test('other bytes are named; a file that the image left out is not held against it, an RPM of which nothing is there is', () => {
  const found = new Map<string, string>([['/usr/lib64/libvirt.so.0', A], [QEMU, A]]);
  expect(complaints({ found })).toEqual([`bytes: 1 file of qemu-kvm-core in virt-launcher is not what qemu-kvm-core-10.1.0-20.el9.crpm0001 holds: ${QEMU}`]);
  expect(clusterProofLines(judgeLauncher({ ...GOOD, found }))).toEqual(expect.arrayContaining(['libvirt-libs   12.1.0-1.el9.crpm0001   2      1 equal, 1 not in the image', `differs: ${QEMU} (qemu-kvm-core)`, 'NOT PROVEN IN THE CLUSTER']));
  expect(complaints({ found: new Map([[QEMU, B]]) })).toEqual(['not-there: nothing of libvirt-libs is in virt-launcher: /usr/lib64/libvirt.so.0, /usr/share/x']);
  expect(complaints({ found: new Map([[QEMU, 'unreadable'], ['/usr/share/x', B]]) })).toEqual([`unreadable: nothing of qemu-kvm-core could be read in virt-launcher: ${QEMU}`]);
  expect(complaints({ rpms: [{ ...LIBS, files: [] }] })).toEqual(['nothing: no RPM of this build has a file in virt-launcher that could be compared']);
});

test('an image of the other stream is said to be one, first', () => {
  expect(complaints({ imageStream: 10, found: new Map([['/usr/lib64/libvirt.so.0', B], [QEMU, B]]) })).toEqual([
    "stream: virt-launcher's image is of CentOS Stream 10, and the RPMs were built for CentOS Stream 9",
    'bytes: 1 file of libvirt-libs in virt-launcher is not what libvirt-libs-12.1.0-1.el9.crpm0001 holds: /usr/lib64/libvirt.so.0',
  ]);
});

test('versions: an old daemon is no proof; where all bytes are proven, what a tree compiles in only is told; a daemon that says nothing is no proof', () => {
  const old = { text: VIRSH.replace('daemon: 12.1.0', 'daemon: 11.10.0') };
  expect(complaints({ virsh: old })).toEqual([]);
  expect(clusterProofLines(judgeLauncher({ ...GOOD, virsh: old }))).toContain('libvirt says it is 11.10.0; the RPM is 12.1.0');
  expect(complaints({ virsh: old, found: new Map([['/usr/lib64/libvirt.so.0', B], [QEMU, B]]) })).toContain('version: libvirt in virt-launcher says that it is 11.10.0, and the RPM is 12.1.0');
  expect(complaints({ virsh: { error: 'no connection driver available' } })).toEqual(['version: libvirt in virt-launcher did not say its version; it should be 12.1.0']);
  // Only QEMU was built here: libvirt is the distribution's.
  expect(complaints({ rpms: [CORE], virsh: { error: 'x' } })).toEqual([]);
});

test('versions are read from what the programs print, and from nothing that only looks like it', () => {
  expect(parseVirsh(VIRSH)).toEqual({ daemon: '12.1.0' });
  expect(parseVirsh('Compiled against library: libvirt 12.1.0\n')).toBeUndefined();
  expect(parseVirsh('Running against daemon: $(reboot)\n')).toBeUndefined();
  expect(parseQemu(VERSION)).toEqual({ version: '10.1.0', build: 'qemu-kvm-10.1.0-20.el9.crpm0001' });
  expect(parseQemu('QEMU emulator version 10.2.50 (v10.2.0-rc1-5-gdeadbee-dirty)\n')).toEqual({ version: '10.2.50', build: 'v10.2.0-rc1-5-gdeadbee-dirty' });
  expect(parseQemu('QEMU emulator version 10.2.50\n')).toEqual({ version: '10.2.50' });
  expect(parseQemu('sh: not found\n')).toBeUndefined();
  expect(parseStream('NAME="CentOS Stream"\nVERSION_ID="10"\nID="centos"\nID_LIKE="rhel fedora"\n')).toBe(10);
  expect(parseStream('ID=debian\nVERSION_ID="12"\n')).toBeUndefined();
});

test('compared is what an image must hold unchanged: no configuration, documentation, ghosts, links or folders', () => {
  const file = { path: '/usr/bin/x', mode: 0o100755, size: 1, digest: `sha256:${A}`, ghost: false, config: false, doc: false };
  expect(comparable([file])).toEqual([{ path: '/usr/bin/x', sha256: A }]);
  for (const other of [{ ghost: true }, { config: true }, { doc: true }, { mode: 0o120777 }, { mode: 0o040755 }, { digest: 'md5:abc' }, { path: 'relative' }]) expect(comparable([{ ...file, ...other }])).toEqual([]);
});
