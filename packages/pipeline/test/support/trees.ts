import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes files below a folder; a content of `[mode, text]` sets the mode. */
export function writeTree(dir: string, files: Readonly<Record<string, string | readonly [number, string]>>): string {
  for (const [path, content] of Object.entries(files)) {
    const file = join(dir, path);
    mkdirSync(dirname(file), { recursive: true });
    const [mode, text] = typeof content === 'string' ? [0o644, content] : content;
    writeFileSync(file, text);
    chmodSync(file, mode);
  }
  return dir;
}

/** A tiny emulator in the shape of QEMU: a Makefile, a `VERSION`, one program that prints what it was built from. */
export function emulatorTree(dir: string, message: string, version = '10.1.0'): string {
  return writeTree(dir, {
    VERSION: `${version}\n`,
    'tool.c': `#include <stdio.h>\nint main(void) { puts("${message}"); return 0; }\n`,
    Makefile: 'tool: tool.c\n\t$(CC) $(CFLAGS) -o $@ tool.c\ninstall: tool\n\tinstall -D tool $(DESTDIR)/usr/bin/qemu-tool\n',
    'tests/build/data.txt': 'a folder named build belongs to the source\n',
  });
}

/** A dist-git folder in the shape of `qemu-kvm`: Epoch 17, a Source10, patches. `patches` by file name. */
export function emulatorDistGit(dir: string, options: { patches?: Readonly<Record<string, string>>; buildRequires?: readonly string[]; version?: string; prep?: string } = {}): string {
  const { patches = {}, buildRequires = [], version = '10.1.0' } = options;
  const names = Object.keys(patches);
  return writeTree(dir, {
    ...patches,
    'tool.conf': 'answer = 42\n',
    'qemu-kvm.spec': `Name: qemu-kvm
Epoch: 17
Version: ${version}
Release: 20%{?rcrel}%{?dist}%{?cc_suffix}
Summary: A tool in the shape of QEMU
License: GPL-2.0-or-later
Source0: https://download.qemu.org/qemu-%{version}%{?rcstr}.tar.xz
Source10: tool.conf
${names.map((name, at) => `Patch${String(at + 1)}: ${name}\n`).join('')}${buildRequires.map((name) => `BuildRequires: ${name}\n`).join('')}
%description
Test.
%package -n qemu-img
Summary: The tool
%description -n qemu-img
Test.
%package -n qemu-kvm-docs
Summary: Documents
BuildArch: noarch
%description -n qemu-kvm-docs
Test.
%prep
${options.prep ?? '%autosetup -n qemu-%{version}%{?rcstr} -p1'}
%build
make tool CFLAGS=-O1
%install
make install DESTDIR=%{buildroot}
install -D -m 644 %{SOURCE10} %{buildroot}/etc/qemu-tool.conf
install -D -m 644 tests/build/data.txt %{buildroot}/usr/share/qemu-kvm/data.txt
%files -n qemu-img
/usr/bin/qemu-tool
/etc/qemu-tool.conf
%files -n qemu-kvm-docs
/usr/share/qemu-kvm/data.txt
`,
  });
}

/** A meson project with a spec template in the shape of libvirt. */
export function mesonTree(dir: string, message: string): string {
  return writeTree(dir, {
    'meson.build': `project('libtiny', 'c', version: '12.5.0')
executable('tiny', 'tiny.c', install: true)
conf = configuration_data()
conf.set('VERSION', meson.project_version())
conf.set('NEEDED', '1.0')
configure_file(input: 'libtiny.spec.in', output: '@BASENAME@', configuration: conf)
meson.add_dist_script('dist-spec.sh')
`,
    'dist-spec.sh': [0o755, '#!/bin/sh\ncp "$MESON_BUILD_ROOT/libtiny.spec" "$MESON_DIST_ROOT/libtiny.spec"\n'],
    'tiny.c': `#include <stdio.h>\nint main(void) { puts("${message}"); return 0; }\n`,
    'libtiny.spec.in': `Name: libtiny
Version: @VERSION@
Release: 1%{?dist}
Summary: A project in the shape of libvirt
License: LGPL-2.1-or-later
Source: https://download.libvirt.org/%{name}-%{version}.tar.xz
Requires: filesystem >= @NEEDED@
%description
Test.
%prep
%setup -q
%build
meson setup build --prefix=/usr
meson compile -C build
%install
DESTDIR=%{buildroot} meson install -C build
%files
/usr/bin/tiny
`,
  });
}

/** An autotools project in the shape of libnbd: nothing that autotools make is in git, and its release holds a file that a generator of its own makes. */
export function autotoolsTree(dir: string, message: string): string {
  return writeTree(dir, {
    'configure.ac': 'AC_INIT([libsmall], [1.20.3])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n',
    'Makefile.am': 'bin_PROGRAMS = small\nsmall_SOURCES = small.c generated.h\ngenerated.h: generator.sh\n\tsh $(srcdir)/generator.sh >$@\nEXTRA_DIST = generator.sh\n',
    'generator.sh': `echo '#define MESSAGE "${message}"'\n`,
    'small.c': '#include <stdio.h>\n#include "generated.h"\nint main(void) { puts(MESSAGE); return 0; }\n',
  });
}

/** A dist-git folder for {@link autotoolsTree}: it wants the release, with all that is generated, and checks its signature. */
export function autotoolsDistGit(dir: string, patches: Readonly<Record<string, string>> = {}): string {
  return writeTree(dir, {
    ...patches,
    'libsmall.spec': `Name: libsmall
Version: 1.20.3
Release: 4%{?dist}
Summary: A project in the shape of libnbd
License: LGPL-2.1-or-later
Source0: https://download.example.org/libsmall/%{name}-%{version}.tar.xz
Source1: https://download.example.org/libsmall/%{name}-%{version}.tar.xz.sig
${Object.keys(patches).map((name, at) => `Patch${String(at + 1)}: ${name}\n`).join('')}
%description
Test.
%prep
gpgv2 --keyring keyring %{SOURCE1} \\
  %{SOURCE0}
%autosetup -p1
test -f generated.h
%build
./configure --prefix=/usr
make
%install
make install DESTDIR=%{buildroot}
%check
echo checked %{?_with_luck:luckily}
%files
/usr/bin/small
`,
  });
}

/** Makes a folder a git repository with one commit of all that is in it. */
export function commitAll(dir: string): void {
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-c', 'init.defaultBranch=main', ...args], { cwd: dir, stdio: 'ignore' });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '-m', 'all');
}

/** sha256 over names, types, modes, times and content of everything below a folder, `.git` included. */
export function folderDigest(dir: string): string {
  const hash = createHash('sha256');
  const visit = (path: string) => {
    const stat = lstatSync(path, { bigint: true });
    hash.update(`${path}\0${String(stat.mode)}\0${String(stat.mtimeNs)}\0${String(stat.ctimeNs)}\0`);
    if (stat.isSymbolicLink()) hash.update(readlinkSync(path));
    else if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(readFileSync(path));
  };
  visit(dir);
  return hash.digest('hex');
}

/** The bytes of one file in an RPM. */
export function fileInRpm(rpm: string, path: string): Buffer {
  return execFileSync('sh', ['-c', 'rpm2archive - <"$1" | tar -xzO ".$2"', 'sh', rpm, path], { stdio: ['ignore', 'pipe', 'pipe'] });
}
