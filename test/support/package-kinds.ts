import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { autotoolsDistGit, autotoolsTree, commitAll, emulatorDistGit, emulatorTree, mesonTree, writeTree } from '../../packages/pipeline/test/support/trees.js';
import { buildRpms } from './rpms.js';

/** A small package of each kind. */
export interface PackageKinds {
  /** What a config names under `sources`. */
  readonly sources: Readonly<Record<string, object>>;
  /** Some of it comes from a web server. */
  close(): Promise<void>;
}

const PATCH = `--- a/tool.c
+++ b/tool.c
@@ -1,2 +1,2 @@
 #include <stdio.h>
-int main(void) { puts("plain"); return 0; }
+int main(void) { puts("patched"); return 0; }
`;

/** `dists`: of RPMs at hand, as `.el9`. All below one empty folder. */
export async function writePackageKinds(root: string, dists: readonly string[]): Promise<PackageKinds> {
  const at = (...path: readonly string[]) => join(root, ...path);
  const { url, server } = await serve(at('served'));
  return {
    sources: {
      'dist-git': distGit(at),
      downstream: downstream(at),
      'meson-dist': { dir: repository(mesonTree(at('libvirt'), 'meson')), kind: 'meson-dist', spec: { tree: 'libtiny.spec.in' } },
      'autotools-dist': { dir: repository(autotoolsTree(at('libnbd'), 'autotools')), kind: 'autotools-dist', spec: { dir: autotoolsDistGit(at('libnbd dist-git')) } },
      'git-address': gitAddress(at, url),
      srpm: { srpm: sourceRpm(at), patches: ['0001-yes.patch'] },
      'rpmbuild-ta': { kind: 'rpmbuild-ta', tarball: `${url}/${tarball(at)}` },
      prebuilt: await prebuilt(at, url, dists),
      needing: { dir: writeTree(at('needing'), { text: 'a text\n' }), spec: { dir: writeTree(at('needing-spec'), { 'needing.spec': spec('needing', { head: 'BuildRequires: at-hand-devel\n' }) }) }, needs: ['prebuilt'] },
    },
    close: () => new Promise((resolve) => { server.close(() => { resolve(); }); }),
  };
}

type At = (...path: readonly string[]) => string;

/** QEMU's way: uncommitted work, a file that git ignores, one that is gone, a patch, and a blank in the folder's name. */
function distGit(at: At): object {
  const dir = repository(writeTree(emulatorTree(at('qemu tree'), 'committed'), { '.gitignore': '*.o\n', 'gone.txt': '' }));
  rmSync(join(dir, 'gone.txt'));
  writeTree(emulatorTree(dir, 'plain'), { 'left.o': 'no source', 'untracked.txt': '' });
  return { dir, spec: { dir: emulatorDistGit(at('qemu-kvm'), { patches: { '0001-say.patch': PATCH } }) } };
}

/** A tree that holds the patches of its spec. */
function downstream(at: At): object {
  const dir = writeTree(at('downstream'), { text: 'a text\n', 'configs/devices/x86_64-softmmu/x86_64-rh-devices.mak': '' });
  const folder = writeTree(at('downstream-spec'), { 'downstream.spec': spec('downstream', { head: 'Patch1: 0001-say.patch\n' }), '0001-say.patch': PATCH });
  return { dir, spec: { dir: folder }, build: { profile: 'full', debuginfo: false, defines: { note: 'has "quotes" and $HOME' }, with: ['luck'] } };
}

/** Tree and dist-git by address and branch, and a file that dist-git only names. */
function gitAddress(at: At, url: string): object {
  const conf = 'answer = 42\n';
  const sum = createHash('sha512').update(conf).digest('hex');
  writeTree(at('served/lookaside/by-address/named.conf/sha512', sum), { 'named.conf': conf });
  const tree = repository(writeTree(at('by-address'), { text: 'a text\n' }));
  const folder = repository(writeTree(at('by-address-spec'), { 'by-address.spec': spec('by-address', { head: 'Source1: named.conf\n', install: 'install -D -m 644 %{SOURCE1} %{buildroot}/usr/share/by-address/named.conf\n' }), sources: `SHA512 (named.conf) = ${sum}\n` }));
  return { git: `file://${tree}`, ref: 'main', spec: { git: `file://${folder}`, branch: 'main', lookaside: `${url}/lookaside` } };
}

function sourceRpm(at: At): string {
  const patch = (word: string) => `--- a/text\n+++ b/text\n@@ -1 +1 @@\n-a text\n+a ${word} text\n`;
  const head = 'Patch: 0000-no.patch\nPatch: https://example.org/0001-yes.patch\n';
  const sources = writeTree(at('srpm-in'), { 'rebuilt.spec': spec('rebuilt', { epoch: 3, head, prep: '%setup -q\n%patch -P 0 -p1\n%patch -P1 -p1' }), '0000-no.patch': patch('wrong'), '0001-yes.patch': patch('patched') });
  pack(sources, 'rebuilt-1.0.tar.gz', writeTree(at('rebuilt-1.0'), { text: 'a text\n' }));
  execFileSync('rpmbuild', ['-bs', '--nodeps', '--define', `_topdir ${at('srpm')}`, '--define', `_sourcedir ${sources}`, '--define', 'dist .el9', join(sources, 'rebuilt.spec')], { stdio: 'ignore' });
  return at('srpm/SRPMS/rebuilt-1.0-1.el9.src.rpm');
}

/** With the spec inside. */
function tarball(at: At): string {
  return pack(at('served'), 'inside-1.0.tar.gz', writeTree(at('inside-1.0'), { text: 'a text\n', 'packaging/inside.spec': spec('inside') }));
}

/** From a folder and from an address. */
async function prebuilt(at: At, url: string, dists: readonly string[]): Promise<object> {
  mkdirSync(at('rpms/below'), { recursive: true });
  const fetched: string[] = [];
  for (const dist of dists) {
    const rpms = await buildRpms(at(`rpms-work${dist}`), { source: 'at-hand', epoch: 2, version: '1.0', release: `1${dist}`, rpms: [{ name: 'at-hand', noarch: true }, { name: 'at-hand-devel', noarch: true }, { name: 'at-hand-tools' }] });
    const [first = '', ...others] = rpms.filter((file) => !file.endsWith('.src.rpm'));
    for (const file of others) cpSync(file, at('rpms/below', basename(file)));
    cpSync(first, at('served', basename(first)));
    fetched.push(`${url}/${basename(first)}`);
  }
  return { rpms: [at('rpms'), ...fetched] };
}

interface SpecParts {
  readonly epoch?: number;
  readonly head?: string;
  readonly prep?: string;
  readonly install?: string;
}

/** One noarch RPM with a text. */
function spec(name: string, { epoch, head = '', prep = '%autosetup -p1', install = '' }: SpecParts = {}): string {
  return `Name: ${name}
${epoch === undefined ? '' : `Epoch: ${String(epoch)}\n`}Version: 1.0
Release: 1%{?_with_luck:.lucky}%{?dist}
Summary: A small package
License: Apache-2.0
Source0: https://example.org/${name}-%{version}.tar.gz
BuildArch: noarch
${head}
%description
Made by a test.
%prep
${prep}
%build
%install
install -D -m 644 text %{buildroot}/usr/share/${name}/text
${install}%files
/usr/share/${name}
`;
}

function repository(dir: string): string {
  commitAll(dir);
  return dir;
}

/** Packs a folder under its own name into an archive in another. */
function pack(to: string, name: string, folder: string): string {
  mkdirSync(to, { recursive: true });
  execFileSync('tar', ['-czf', join(to, name), '-C', join(folder, '..'), basename(folder)]);
  rmSync(folder, { recursive: true });
  return name;
}

async function serve(folder: string): Promise<{ readonly url: string; readonly server: Server }> {
  mkdirSync(folder, { recursive: true });
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, request.url ?? '')));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, server };
}
